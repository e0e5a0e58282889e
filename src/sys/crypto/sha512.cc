#include "sys/crypto/sha512.h"

#include <openssl/evp.h>

#include "base/check.h"

namespace argosy {

struct Sha512::State {
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
};

Sha512::Sha512(Bits bits) : state_(std::make_unique<State>()) {
  const EVP_MD* method = bits == Bits::k384 ? EVP_sha384() : EVP_sha512();
  check(state_->context != nullptr);
  check(EVP_DigestInit_ex(state_->context.get(), method, nullptr) == 1);
}
Sha512::~Sha512() = default;
Sha512::Sha512(Sha512&&) noexcept = default;
Sha512& Sha512::operator=(Sha512&&) noexcept = default;

void Sha512::update(BytesView bytes) {
  check(EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size()) == 1);
}

Bytes Sha512::finish() {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  check(EVP_DigestFinal_ex(state_->context.get(), out, &size) == 1);
  return {reinterpret_cast<const char*>(out), size};
}

}  // namespace argosy
