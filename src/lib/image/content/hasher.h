// Contents against their names: digests computed and compared. Any thread; a Hasher belongs to
// one at a time.
#pragma once

#include <variant>
#include <vector>

#include "lib/image/descriptor.h"
#include "sys/crypto/digest.h"
#include "sys/crypto/sha512.h"

namespace argosy::image {

class Hasher {
 public:
  // sha256, sha384 or sha512. Unimplemented for others.
  static Result<Hasher> create(std::string_view algorithm);

  void update(BytesView bytes);
  uint64_t size() const { return size_; }
  // Once.
  Digest finish();
  // finish(), compared: DataLoss, with both digests, when it is another. `what` names the
  // content in the error.
  Result<void> expect(const Digest& expected, std::string_view what);

 private:
  explicit Hasher(std::variant<Sha256, Sha512> hash, std::string algorithm)
      : hash_(std::move(hash)), algorithm_(std::move(algorithm)) {}

  std::variant<Sha256, Sha512> hash_;
  std::string algorithm_;
  uint64_t size_ = 0;
};

// First the size, then the digest, and the embedded data if there is any.
Result<void> verify(const Descriptor& descriptor, BytesView content);
// sha256 of a text.
Digest digest_of(BytesView content);
Descriptor describe(std::string_view media_type, BytesView content);

// The names of what each layer makes together with those below it (image-spec, "Layer ChainID").
std::vector<Digest> chain_ids(const std::vector<Digest>& diff_ids);

}  // namespace argosy::image
