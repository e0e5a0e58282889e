#include "lib/payload/signature/signature.h"

#include "base/format.h"
#include "lib/payload/format/signatures.h"

namespace argosy::payload {

Result<Keyring> Keyring::from_pem(const std::vector<Bytes>& keys) {
  Keyring ring;
  for (const Bytes& pem : keys) ring.keys_.push_back(TRY(RsaPublicKey::from_pem(pem)));
  return ring;
}

Result<void> Keyring::verify(BytesView blob, BytesView sha256,
                             std::optional<uint32_t> version) const {
  const std::vector<Signature> signatures = TRY(decode_signatures(blob));
  size_t tried = 0;
  for (const Signature& signature : signatures) {
    if (version && signature.version != *version) continue;
    ++tried;
    for (const RsaPublicKey& key : keys_) {
      if (key.verifies(sha256, signature.data)) return {};
    }
  }
  return fail(Code::kPermissionDenied,
              format("none of {} signatures is by one of {} keys", tried, keys_.size()));
}

Result<Bytes> sign(const std::vector<RsaPrivateKey>& keys, BytesView sha256) {
  std::vector<Bytes> signatures;
  for (const RsaPrivateKey& key : keys) signatures.push_back(TRY(key.sign(sha256)));
  return encode_signatures(signatures);
}

}  // namespace argosy::payload
