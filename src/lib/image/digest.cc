#include "lib/image/digest.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::image {
namespace {

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

// component ([+._-] component)*
bool is_algorithm(std::string_view text) {
  bool wants_component = true;
  for (const char c : text) {
    if (is_lower_or_digit(c)) {
      wants_component = false;
    } else if (wants_component || std::string_view("+._-").find(c) == std::string_view::npos) {
      return false;
    } else {
      wants_component = true;
    }
  }
  return !wants_component;
}

bool is_encoded(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_lower_or_digit(c) || (c >= 'A' && c <= 'Z') || c == '=' || c == '_' || c == '-';
  });
}

// 0: not one whose form we know.
size_t hex_digits_of(std::string_view algorithm) {
  if (algorithm == "sha256") return 64;
  if (algorithm == "sha384") return 96;
  if (algorithm == "sha512") return 128;
  return 0;
}

bool is_lower_hex(std::string_view text) {
  return std::ranges::all_of(
      text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

Result<Digest> Digest::parse(std::string_view text) {
  const auto refuse = [&](std::string_view why) {
    return fail(Code::kInvalidArgument,
                format("invalid digest \"{}\": {}", text.substr(0, 160), why));
  };
  if (text.size() > kMaxDigestBytes) return refuse("too long");
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) return refuse("no algorithm");
  const std::string_view algorithm = text.substr(0, colon);
  const std::string_view encoded = text.substr(colon + 1);
  if (!is_algorithm(algorithm) || !is_encoded(encoded)) return refuse("not of its grammar");
  const size_t digits = hex_digits_of(algorithm);
  if (digits != 0 && (encoded.size() != digits || !is_lower_hex(encoded))) {
    return refuse(format("{} has {} lower-case hex digits", algorithm, digits));
  }
  return Digest(std::string(text), colon);
}

Digest Digest::of_sha256(BytesView hash) {
  check(hash.size() == 32);
  return {"sha256:" + to_hex(hash), 6};
}

Digest Digest::of_sha512(BytesView hash) {
  check(hash.size() == 64);
  return {"sha512:" + to_hex(hash), 6};
}

std::string_view Digest::encoded() const {
  return is_empty() ? std::string_view() : std::string_view(text_).substr(colon_ + 1);
}

}  // namespace argosy::image
