#include "sys/crypto/digest.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace argosy {
namespace {

Bytes digest(const EVP_MD* method, BytesView bytes) {
  Bytes out(static_cast<size_t>(EVP_MD_get_size(method)), '\0');
  check(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()),
                   nullptr, method, nullptr) == 1);
  return out;
}

}  // namespace

Bytes sha1(BytesView bytes) {
  return digest(EVP_sha1(), bytes);
}
Bytes sha256(BytesView bytes) {
  return digest(EVP_sha256(), bytes);
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  check(EVP_DigestInit_ex(static_cast<EVP_MD_CTX*>(context_), EVP_sha256(), nullptr) == 1);
}

Sha256::~Sha256() {
  EVP_MD_CTX_free(static_cast<EVP_MD_CTX*>(context_));
}

void Sha256::update(BytesView bytes) {
  check(EVP_DigestUpdate(static_cast<EVP_MD_CTX*>(context_), bytes.data(), bytes.size()) == 1);
}

Bytes Sha256::finish() {
  Bytes out(32, '\0');
  check(EVP_DigestFinal_ex(static_cast<EVP_MD_CTX*>(context_),
                           reinterpret_cast<unsigned char*>(out.data()), nullptr) == 1);
  return out;
}

}  // namespace argosy
