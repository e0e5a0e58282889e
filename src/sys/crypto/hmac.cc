#include "sys/crypto/hmac.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "base/check.h"

namespace argosy {

Bytes hmac_sha256(BytesView key, BytesView message) {
  Bytes mac(32, '\0');
  unsigned length = 0;
  const bool is_done = HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                            reinterpret_cast<const unsigned char*>(message.data()), message.size(),
                            reinterpret_cast<unsigned char*>(mac.data()), &length) != nullptr;
  check(is_done && length == mac.size(), "HMAC needs memory only");
  return mac;
}

bool is_equal_secret(BytesView a, BytesView b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace argosy
