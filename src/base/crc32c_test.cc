#include "base/crc32c.h"

#include <array>
#include <doctest/doctest.h>

namespace argosy {
namespace {

// One bit at a time, after the polynomial's definition.
uint32_t slowly(BytesView bytes) {
  uint32_t crc = ~0U;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc >> 1 ^ ((crc & 1) != 0 ? 0x82F63B78 : 0);
  }
  return ~crc;
}

TEST_CASE("the vectors of RFC 3720 appendix B.4") {
  Bytes rising;
  Bytes falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  CHECK(crc32c(0, Bytes(32, '\0')) == 0x8A9136AA);
  CHECK(crc32c(0, Bytes(32, '\xFF')) == 0x62A8AB43);
  CHECK(crc32c(0, rising) == 0x46DD794E);
  CHECK(crc32c(0, falling) == 0x113FDB5C);
  constexpr std::array<uint8_t, 48> kRead{
      0x01, 0xC0, 0, 0, 0, 0, 0,    0, 0, 0, 0,    0,    0, 0, 0, 0, 0x14, 0, 0, 0,   0,
      0,    0x04, 0, 0, 0, 0, 0x14, 0, 0, 0, 0x18, 0x28, 0, 0, 0, 0, 0,    0, 0, 0x02};
  CHECK(crc32c(0, BytesView(reinterpret_cast<const char*>(kRead.data()), kRead.size())) ==
        0xD9963A56);
  CHECK(crc32c(0, "123456789") == 0xE3069283);
}

TEST_CASE("any cut gives the same sum, at any alignment") {
  Bytes bytes;
  for (int i = 0; i < 200; ++i) bytes += static_cast<char>(i * 37 + 11);
  for (size_t from = 0; from < 9; ++from) {
    const BytesView all = BytesView(bytes).substr(from);
    CHECK(crc32c(0, all) == slowly(all));
    for (size_t cut = 0; cut <= all.size(); cut += 13) {
      CHECK(crc32c(crc32c(0, all.substr(0, cut)), all.substr(cut)) == crc32c(0, all));
    }
  }
  CHECK(crc32c(0, "") == 0);
  CHECK(crc32c(0x12345678, "") == 0x12345678);
}

}  // namespace
}  // namespace argosy
