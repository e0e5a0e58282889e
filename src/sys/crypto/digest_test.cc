#include "sys/crypto/digest.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

struct Row {
  Bytes text;
  const char* sha1;
  const char* sha256;
};

// FIPS 180-4's examples.
const Row kRows[] = {
    {"", "da39a3ee5e6b4b0d3255bfef95601890afd80709",
     "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "a9993e364706816aba3e25717850c26c9cd0d89d",
     "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "84983e441c3bd26ebaae4aa1f95129e5e54670f1",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {Bytes(1000000, 'a'), "34aa973cd4c4daa4f61eeb2bdbad27316534016f",
     "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

TEST_CASE("digests of the standard's examples") {
  for (const Row& row : kRows) {
    CHECK(to_hex(sha1(row.text)) == row.sha1);
    CHECK(to_hex(sha256(row.text)) == row.sha256);
  }
}

TEST_CASE("a digest piece by piece is the digest of the whole") {
  for (const Row& row : kRows) {
    Sha256 pieces;
    size_t at = 0;
    for (size_t size = 1; at < row.text.size(); size = size * 3 + 1) {
      pieces.update(BytesView(row.text).substr(at, size));
      at += size;
    }
    CHECK(to_hex(pieces.finish()) == row.sha256);
  }
}

TEST_CASE("a digest goes on from what was saved, and from a copy") {
  const Bytes text(1000, 'x');
  for (size_t at = 0; at <= text.size(); at += 13) {
    Sha256 first;
    first.update(BytesView(text).substr(0, at));
    Sha256 copy = first;
    auto restored = Sha256::restore(first.save());
    REQUIRE(restored.has_value());
    for (Sha256* hash : {&first, &copy, &*restored}) {
      hash->update(BytesView(text).substr(at));
      CHECK(hash->finish() == sha256(text));
    }
  }
}

TEST_CASE("what can be no saved state is refused") {
  Bytes state = Sha256().save();
  CHECK_FALSE(Sha256::restore(BytesView(state).substr(1)).has_value());
  CHECK_FALSE(Sha256::restore("").has_value());
  // The count of bytes that wait for their block.
  state[104] = 64;
  CHECK_FALSE(Sha256::restore(state).has_value());
}

}  // namespace
}  // namespace argosy
