// ECDSA with P-256 and SHA-256 (FIPS 186-4), signatures as JSON Web Signatures have them:
// 32 bytes r, 32 bytes s (RFC 7518, 3.4). Any thread.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy {

class P256PublicKey {
 public:
  // A JSON Web Key's coordinates, 32 bytes each, big-endian. InvalidArgument for a point
  // that is not on the curve.
  static Result<P256PublicKey> from_coordinates(BytesView x, BytesView y);

  bool verifies(BytesView sha256, BytesView signature) const;

 private:
  explicit P256PublicKey(std::shared_ptr<void> key) : key_(std::move(key)) {}
  std::shared_ptr<void> key_;  // immutable
};

}  // namespace argosy
