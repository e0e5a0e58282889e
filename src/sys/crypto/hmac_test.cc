#include "sys/crypto/hmac.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

TEST_CASE("HMAC-SHA-256 by RFC 4231") {
  CHECK(to_hex(hmac_sha256(Bytes(20, '\x0b'), "Hi There")) ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")) ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_CASE("secrets are equal or not") {
  CHECK(is_equal_secret("", ""));
  CHECK(is_equal_secret("abc", "abc"));
  CHECK_FALSE(is_equal_secret("abc", "abd"));
  CHECK_FALSE(is_equal_secret("abc", "ab"));
}

}  // namespace
}  // namespace argosy
