#include "sys/crypto/rsa.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace argosy {
namespace {

constexpr int kLeastBits = 2048;
constexpr int kMostBits = 16384;

EVP_PKEY* raw(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

const unsigned char* octets(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// No password is asked for on the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

template <typename Read>
Result<std::shared_ptr<void>> read_key(BytesView pem, Read read, const char* what) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::shared_ptr<void> key(read(bio.get(), nullptr, no_password, nullptr),
                            [](void* of) { EVP_PKEY_free(static_cast<EVP_PKEY*>(of)); });
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_base_id(raw(key)) != EVP_PKEY_RSA) {
    return fail(Code::kInvalidArgument, std::string("not an RSA ") + what + " in PEM");
  }
  const int bits = EVP_PKEY_get_bits(raw(key));
  if (bits < kLeastBits || bits > kMostBits) {
    return fail(Code::kInvalidArgument,
                "an RSA key of " + std::to_string(bits) + " bits is not accepted");
  }
  return key;
}

using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

Context begin(EVP_PKEY* key, int (*init)(EVP_PKEY_CTX*)) {
  Context context(EVP_PKEY_CTX_new(key, nullptr), EVP_PKEY_CTX_free);
  const bool is_ready = context != nullptr && init(context.get()) == 1 &&
                        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) == 1 &&
                        EVP_PKEY_CTX_set_signature_md(context.get(), EVP_sha256()) == 1;
  if (!is_ready) context.reset();
  return context;
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_pem(BytesView pem) {
  return RsaPublicKey(TRY(read_key(pem, PEM_read_bio_PUBKEY, "public key")));
}

bool RsaPublicKey::verifies(BytesView sha256, BytesView signature) const {
  const Context context = begin(raw(key_), EVP_PKEY_verify_init);
  if (context == nullptr) return false;
  const int verdict = EVP_PKEY_verify(context.get(), octets(signature), signature.size(),
                                      octets(sha256), sha256.size());
  ERR_clear_error();
  return verdict == 1;
}

size_t RsaPublicKey::size() const {
  return static_cast<size_t>(EVP_PKEY_get_size(raw(key_)));
}

Result<RsaPrivateKey> RsaPrivateKey::from_pem(BytesView pem) {
  return RsaPrivateKey(TRY(read_key(pem, PEM_read_bio_PrivateKey, "private key")));
}

Result<Bytes> RsaPrivateKey::sign(BytesView sha256) const {
  const Context context = begin(raw(key_), EVP_PKEY_sign_init);
  Bytes signature(size(), '\0');
  size_t length = signature.size();
  if (context == nullptr ||
      EVP_PKEY_sign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &length,
                    octets(sha256), sha256.size()) != 1) {
    ERR_clear_error();
    return fail(Code::kInternal, "signing failed");
  }
  signature.resize(length);
  return signature;
}

size_t RsaPrivateKey::size() const {
  return static_cast<size_t>(EVP_PKEY_get_size(raw(key_)));
}

}  // namespace argosy
