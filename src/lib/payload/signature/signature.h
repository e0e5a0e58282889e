// Payload signatures: RSA, PKCS#1 v1.5 with SHA-256, over everything before them.
// Several stand side by side, so that a key can be replaced: the new key signs beside the
// old one until every client knows it. Any thread.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/crypto/rsa.h"

namespace argosy::payload {

// Keys that a client holds. Any of them will do.
class Keyring {
 public:
  // Each element is the PEM of one public key.
  static Result<Keyring> from_pem(const std::vector<Bytes>& keys);

  bool is_empty() const { return keys_.empty(); }
  // Whether one of the blob's signatures is by one of the keys. The original's client
  // looks at version 2 only (`version`); by default every one counts, so that a payload
  // which a later key signed too is taken by clients of either key.
  // PermissionDenied says why not; InvalidArgument when the blob is no such message.
  Result<void> verify(BytesView blob, BytesView sha256,
                      std::optional<uint32_t> version = std::nullopt) const;

 private:
  std::vector<RsaPublicKey> keys_;
};

// The blob that goes to a payload's end: one signature for each key, in their order.
Result<Bytes> sign(const std::vector<RsaPrivateKey>& keys, BytesView sha256);

}  // namespace argosy::payload
