// Digest: "algorithm:encoded", the name of a blob by its content (OCI image-spec 1.1.1,
// descriptor.md). A value that exists is well formed, and so may be a file's name: neither
// half has a slash, is empty or begins with a dot.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::image {

inline constexpr size_t kMaxDigestBytes = 512;

class Digest {
 public:
  // Of nothing; is_empty().
  Digest() = default;
  // InvalidArgument for what is not of the grammar, or, with sha256, sha384 and sha512, for
  // what is not that many lower-case hex digits.
  static Result<Digest> parse(std::string_view text);
  // From a hash of 32 or 64 bytes.
  static Digest of_sha256(BytesView hash);
  static Digest of_sha512(BytesView hash);

  bool is_empty() const { return text_.empty(); }
  // "sha256:e3b0..."
  const std::string& text() const { return text_; }
  std::string_view algorithm() const { return std::string_view(text_).substr(0, colon_); }
  std::string_view encoded() const;

  auto operator<=>(const Digest& other) const { return text_ <=> other.text_; }
  bool operator==(const Digest& other) const { return text_ == other.text_; }

 private:
  Digest(std::string text, size_t colon) : text_(std::move(text)), colon_(colon) {}

  std::string text_;
  size_t colon_ = 0;
};

}  // namespace argosy::image
