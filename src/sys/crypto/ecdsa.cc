#include "sys/crypto/ecdsa.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/check.h"

namespace argosy {
namespace {

constexpr size_t kNumberBytes = 32;
constexpr char kUncompressed = '\4';

const unsigned char* octets(BytesView bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

using Context = std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)>;

// OpenSSL wants a signature as an ASN.1 sequence.
Bytes to_der(BytesView signature) {
  const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> pair(ECDSA_SIG_new(), ECDSA_SIG_free);
  check(pair != nullptr, "memory for a signature");
  BIGNUM* r = BN_bin2bn(octets(signature), kNumberBytes, nullptr);
  BIGNUM* s = BN_bin2bn(octets(signature.substr(kNumberBytes)), kNumberBytes, nullptr);
  check(r != nullptr && s != nullptr && ECDSA_SIG_set0(pair.get(), r, s) == 1,
        "memory for a signature");
  unsigned char* made = nullptr;
  const int length = i2d_ECDSA_SIG(pair.get(), &made);
  check(length > 0, "a signature has a DER form");
  Bytes der(reinterpret_cast<char*>(made), static_cast<size_t>(length));
  OPENSSL_free(made);
  return der;
}

}  // namespace

Result<P256PublicKey> P256PublicKey::from_coordinates(BytesView x, BytesView y) {
  if (x.size() != kNumberBytes || y.size() != kNumberBytes) {
    return fail(Code::kInvalidArgument, "a coordinate of P-256 has 32 bytes");
  }
  const Bytes point = kUncompressed + Bytes(x) + Bytes(y);
  const std::unique_ptr<OSSL_PARAM_BLD, decltype(&OSSL_PARAM_BLD_free)> build(OSSL_PARAM_BLD_new(),
                                                                              OSSL_PARAM_BLD_free);
  check(build != nullptr &&
            OSSL_PARAM_BLD_push_utf8_string(build.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ==
                1 &&
            OSSL_PARAM_BLD_push_octet_string(build.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                             point.size()) == 1,
        "memory for a key");
  const std::unique_ptr<OSSL_PARAM, decltype(&OSSL_PARAM_free)> parameters(
      OSSL_PARAM_BLD_to_param(build.get()), OSSL_PARAM_free);
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr), EVP_PKEY_CTX_free);
  EVP_PKEY* made = nullptr;
  const bool is_made =
      context != nullptr && EVP_PKEY_fromdata_init(context.get()) == 1 &&
      EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) == 1;
  ERR_clear_error();
  if (!is_made) return fail(Code::kInvalidArgument, "this point is not on P-256");
  return P256PublicKey(
      std::shared_ptr<void>(made, [](void* of) { EVP_PKEY_free(static_cast<EVP_PKEY*>(of)); }));
}

bool P256PublicKey::verifies(BytesView sha256, BytesView signature) const {
  if (signature.size() != 2 * kNumberBytes) return false;
  const Bytes der = to_der(signature);
  const Context context(EVP_PKEY_CTX_new(static_cast<EVP_PKEY*>(key_.get()), nullptr),
                        EVP_PKEY_CTX_free);
  const bool is_good =
      context != nullptr && EVP_PKEY_verify_init(context.get()) == 1 &&
      EVP_PKEY_verify(context.get(), octets(der), der.size(), octets(sha256), sha256.size()) == 1;
  ERR_clear_error();
  return is_good;
}

}  // namespace argosy
