#include "base/text.h"
#include "lib/channel_metadata/trust/trust.h"
#include "sys/crypto/digest.h"

namespace argosy::channel_metadata {
namespace {

constexpr std::string_view kBegin = "-----BEGIN PUBLIC KEY-----";
constexpr std::string_view kEnd = "-----END PUBLIC KEY-----";
constexpr size_t kMaxKeys = 64;

}  // namespace

Key key_of(RsaPublicKey key) {
  std::string id = to_hex(BytesView(sha256(key.to_der())));
  return {std::move(id), std::move(key)};
}

Result<Keyring> Keyring::from_pem(std::string_view pem) {
  Keyring ring;
  size_t at = 0;
  while ((at = pem.find(kBegin, at)) != std::string_view::npos) {
    const size_t end = pem.find(kEnd, at);
    if (end == std::string_view::npos || ring.keys_.size() == kMaxKeys) break;
    const std::string_view one = pem.substr(at, end + kEnd.size() - at);
    Key key = key_of(TRY(RsaPublicKey::from_pem(one)));
    if (ring.find(key.id) == nullptr) ring.keys_.push_back(std::move(key));
    at = end;
  }
  if (at != std::string_view::npos) {
    return fail(Code::kInvalidArgument, "a public key has no end, or there are too many");
  }
  if (ring.is_empty()) return fail(Code::kInvalidArgument, "there is no public key in PEM");
  return ring;
}

const Key* Keyring::find(std::string_view id) const {
  for (const Key& key : keys_) {
    if (key.id == id) return &key;
  }
  return nullptr;
}

}  // namespace argosy::channel_metadata
