#include "sys/crypto/rsa.h"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace argosy {
namespace {

constexpr int kLeastBits = 2048;
constexpr int kMostBits = 16384;

EVP_PKEY* raw(const std::shared_ptr<void>& key) {
  return static_cast<EVP_PKEY*>(key.get());
}

std::shared_ptr<void> own(EVP_PKEY* key) {
  return {key, [](void* of) { EVP_PKEY_free(static_cast<EVP_PKEY*>(of)); }};
}

const unsigned char* octets(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

// No password is asked for on the terminal.
int no_password(char*, int, int, void*) {
  return 0;
}

Result<void> check_bits(const std::shared_ptr<void>& key) {
  const int bits = EVP_PKEY_get_bits(raw(key));
  if (bits < kLeastBits || bits > kMostBits) {
    return fail(Code::kInvalidArgument,
                "an RSA key of " + std::to_string(bits) + " bits is not accepted");
  }
  return {};
}

template <typename Read>
Result<std::shared_ptr<void>> read_key(BytesView pem, Read read, const char* what) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  std::shared_ptr<void> key = own(read(bio.get(), nullptr, no_password, nullptr));
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_base_id(raw(key)) != EVP_PKEY_RSA) {
    return fail(Code::kInvalidArgument, std::string("not an RSA ") + what + " in PEM");
  }
  TRY(check_bits(key));
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

using Number = std::unique_ptr<BIGNUM, decltype(&BN_free)>;

Number number_of(BytesView bytes) {
  return {BN_bin2bn(octets(bytes), static_cast<int>(bytes.size()), nullptr), BN_free};
}

template <typename Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(BIO_new(BIO_s_mem()), BIO_free);
  check(bio != nullptr && write(bio.get()) == 1, "a key has a PEM form");
  char* data = nullptr;
  const long length = BIO_get_mem_data(bio.get(), &data);
  return {data, static_cast<size_t>(length)};
}

}  // namespace

Result<RsaPublicKey> RsaPublicKey::from_pem(BytesView pem) {
  return RsaPublicKey(TRY(read_key(pem, PEM_read_bio_PUBKEY, "public key")));
}

Result<RsaPublicKey> RsaPublicKey::from_numbers(BytesView modulus, BytesView exponent) {
  const Number n = number_of(modulus), e = number_of(exponent);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                              OSSL_PARAM_BLD_free);
  check(n != nullptr && e != nullptr && build != nullptr &&
            OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1 &&
            OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1,
        "memory for a key");
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(build.get()), OSSL_PARAM_free);
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  const bool is_made =
      context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  ERR_clear_error();
  if (!is_made) return fail(Code::kInvalidArgument, "these numbers make no RSA key");
  const std::shared_ptr<void> key = own(made);
  TRY(check_bits(key));
  return RsaPublicKey(key);
}

Bytes RsaPublicKey::to_der() const {
  unsigned char* made = nullptr;
  const int length = i2d_PUBKEY(raw(key_), &made);
  check(length > 0, "a public key has a DER form");
  Bytes der(reinterpret_cast<char*>(made), static_cast<size_t>(length));
  OPENSSL_free(made);
  return der;
}

std::string RsaPublicKey::to_pem() const {
  return pem_of([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, raw(key_)); });
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

Result<RsaPrivateKey> RsaPrivateKey::generate(unsigned bits) {
  std::shared_ptr<void> key = own(EVP_RSA_gen(bits));
  ERR_clear_error();
  if (key == nullptr) return fail(Code::kInvalidArgument, "no RSA key could be made");
  TRY(check_bits(key));
  return RsaPrivateKey(std::move(key));
}

RsaPublicKey RsaPrivateKey::public_key() const {
  const Bytes der = RsaPublicKey(key_).to_der();
  const unsigned char* at = octets(der);
  EVP_PKEY* key = d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size()));
  check(key != nullptr, "a public key is read again");
  return RsaPublicKey(own(key));
}

std::string RsaPrivateKey::to_pem() const {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey(bio, raw(key_), nullptr, nullptr, 0, nullptr, nullptr);
  });
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
