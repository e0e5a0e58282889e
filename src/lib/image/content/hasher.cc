#include "lib/image/content/hasher.h"

#include "base/check.h"
#include "base/format.h"

namespace argosy::image {

Result<Hasher> Hasher::create(std::string_view algorithm) {
  if (algorithm == "sha256") return Hasher(Sha256(), "sha256");
  if (algorithm == "sha384") return Hasher(Sha512(Sha512::Bits::k384), "sha384");
  if (algorithm == "sha512") return Hasher(Sha512(), "sha512");
  return fail(Code::kUnimplemented, format("digests of {} can't be verified", algorithm));
}

void Hasher::update(BytesView bytes) {
  size_ += bytes.size();
  std::visit([&](auto& hash) { hash.update(bytes); }, hash_);
}

Digest Hasher::finish() {
  const Bytes hash = std::visit([](auto& state) { return state.finish(); }, hash_);
  auto digest = Digest::parse(format("{}:{}", algorithm_, to_hex(BytesView(hash))));
  check(digest.has_value(), "a hash is a digest");
  return *std::move(digest);
}

Result<void> Hasher::expect(const Digest& expected, std::string_view what) {
  const Digest actual = finish();
  if (actual == expected) return {};
  return fail(Code::kDataLoss,
              format("{}: its digest is {}, not {}", what, actual.text(), expected.text()));
}

Result<void> verify(const Descriptor& descriptor, BytesView content) {
  if (content.size() != descriptor.size) {
    return fail(Code::kDataLoss, format("{}: {} bytes, not {}", descriptor.digest.text(),
                                        content.size(), descriptor.size));
  }
  Hasher hasher = TRY(Hasher::create(descriptor.digest.algorithm()));
  hasher.update(content);
  TRY(hasher.expect(descriptor.digest, "content"));
  if (descriptor.data && *descriptor.data != content) {
    return fail(Code::kDataLoss,
                format("{}: its embedded data is other data", descriptor.digest.text()));
  }
  return {};
}

Digest digest_of(BytesView content) {
  return Digest::of_sha256(sha256(content));
}

Descriptor describe(std::string_view media_type, BytesView content) {
  return {
      .media_type = std::string(media_type), .digest = digest_of(content), .size = content.size()};
}

std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids) {
  std::vector<Digest> out;
  for (const Digest& diff_id : diff_ids) {
    out.push_back(out.empty() ? diff_id
                              : digest_of(format("{} {}", out.back().text(), diff_id.text())));
  }
  return out;
}

}  // namespace argosy::image
