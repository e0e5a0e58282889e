#include "sys/crypto/digest.h"

// Only the older functions have a state that can be saved.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <new>
#include <openssl/evp.h>
#include <openssl/sha.h>

#include "base/check.h"

namespace argosy {
namespace {

Bytes digest(const EVP_MD* method, BytesView bytes) {
  Bytes out(static_cast<size_t>(EVP_MD_get_size(method)), '\0');
  check(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.data()),
                   nullptr, method, nullptr) == 1);
  return out;
}

SHA256_CTX* context(unsigned char* state) {
  return std::launder(reinterpret_cast<SHA256_CTX*>(state));
}

}  // namespace

Bytes sha1(BytesView bytes) {
  return digest(EVP_sha1(), bytes);
}
Bytes sha256(BytesView bytes) {
  return digest(EVP_sha256(), bytes);
}

Sha256::Sha256() {
  static_assert(sizeof(SHA256_CTX) == kStateSize && alignof(SHA256_CTX) <= 8);
  check(SHA256_Init(new (state_) SHA256_CTX) == 1);
}

void Sha256::update(BytesView bytes) {
  check(SHA256_Update(context(state_), bytes.data(), bytes.size()) == 1);
}

Bytes Sha256::finish() {
  Bytes out(32, '\0');
  check(SHA256_Final(reinterpret_cast<unsigned char*>(out.data()), context(state_)) == 1);
  return out;
}

Bytes Sha256::save() const {
  return {reinterpret_cast<const char*>(state_), kStateSize};
}

std::optional<Sha256> Sha256::restore(BytesView state) {
  if (state.size() != kStateSize) return std::nullopt;
  Sha256 hash;
  std::memcpy(hash.state_, state.data(), kStateSize);
  const SHA256_CTX* read = context(hash.state_);
  const bool is_sane = read->num < SHA256_CBLOCK && read->md_len == SHA256_DIGEST_LENGTH;
  if (!is_sane) return std::nullopt;
  return hash;
}

}  // namespace argosy
