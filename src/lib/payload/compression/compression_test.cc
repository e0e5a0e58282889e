#include "lib/payload/compression/compression.h"

#include <doctest/doctest.h>

#include "sys/random/random.h"

namespace argosy::payload {
namespace {

constexpr Packing kPackings[] = {Packing::kNone, Packing::kBzip2, Packing::kXz, Packing::kZstd};

Bytes sample(size_t size, uint64_t seed) {
  SeededRandom random(seed);
  Bytes bytes;
  while (bytes.size() < size) {
    bytes.append(random.below(300), static_cast<char>(random.below(4)));
    bytes += static_cast<char>(random.next());
  }
  bytes.resize(size);
  return bytes;
}

TEST_CASE("what is packed is unpacked, of any size and in any pieces") {
  for (const Packing packing : kPackings) {
    CAPTURE(static_cast<int>(packing));
    for (const size_t size : std::vector<size_t>{0, 1, 4096, 100'000, 3'000'000}) {
      const Bytes bytes = sample(size, size + 1);
      Packer packer(packing, size);
      for (size_t at = 0, piece = 1; at < size; at += piece, piece = piece * 2 + 1) {
        packer.add(BytesView(bytes).substr(at, piece));
      }
      const Bytes packed = packer.finish();
      const auto back = unpack(packing, packed, size);
      REQUIRE(back.has_value());
      CHECK(*back == bytes);
      Unpacker unpacker(packing, packed);
      Bytes pieces;
      char some[777];
      while (true) {
        const auto got = unpacker.read(some);
        REQUIRE(got.has_value());
        pieces.append(some, *got);
        if (*got < sizeof some) break;
      }
      CHECK(pieces == bytes);
    }
  }
}

TEST_CASE("damaged and truncated input is refused, and never makes something else") {
  for (const Packing packing : {Packing::kBzip2, Packing::kXz, Packing::kZstd}) {
    CAPTURE(static_cast<int>(packing));
    const Bytes bytes = sample(5000, 3);
    const Bytes packed = pack(packing, bytes);
    for (size_t size = 0; size < packed.size(); ++size) {
      const auto cut = unpack(packing, BytesView(packed).substr(0, size), 1 << 20);
      CHECK_FALSE(cut.has_value());
    }
    CHECK_FALSE(unpack(packing, "this was never packed by anything", 1 << 20).has_value());
  }
}

TEST_CASE("unpacking stops at its limit") {
  for (const Packing packing : kPackings) {
    Bytes zeros;
    zeros.resize(10'000'000);
    const Bytes packed = pack(packing, zeros);
    const auto refused = unpack(packing, packed, 9'999'999);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().code() == Code::kResourceExhausted);
  }
}

}  // namespace
}  // namespace argosy::payload
