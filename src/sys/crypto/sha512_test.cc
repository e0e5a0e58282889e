#include "sys/crypto/sha512.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

// The examples of FIPS 180-4's companion, "abc".
TEST_CASE("SHA-512 and SHA-384") {
  Sha512 hash;
  hash.update("a");
  hash.update("bc");
  CHECK(to_hex(BytesView(hash.finish())) ==
        "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
        "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f");
  Sha512 shorter(Sha512::Bits::k384);
  shorter.update("abc");
  CHECK(to_hex(BytesView(shorter.finish())) ==
        "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
        "8086072ba1e7cc2358baeca134c825a7");
}

}  // namespace
}  // namespace argosy
