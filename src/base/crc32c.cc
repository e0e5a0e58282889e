#include "base/crc32c.h"

#include <array>

namespace argosy {
namespace {

constexpr uint32_t kPolynomial = 0x82F63B78;  // reflected

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = value >> 1 ^ ((value & 1) != 0 ? kPolynomial : 0);
    table[i] = value;
  }
  return table;
}
constexpr auto kTable = make_table();

uint32_t by_table(uint32_t crc, const char* at, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    crc = kTable[(crc ^ static_cast<uint8_t>(at[i])) & 0xFF] ^ crc >> 8;
  }
  return crc;
}

#if defined(__x86_64__)
[[gnu::target("sse4.2")]] uint32_t by_instruction(uint32_t crc, const char* at, size_t size) {
  uint64_t wide = crc;
  for (; size >= 8; size -= 8, at += 8) wide = __builtin_ia32_crc32di(wide, load_le64(at));
  crc = static_cast<uint32_t>(wide);
  for (; size > 0; --size, ++at) crc = __builtin_ia32_crc32qi(crc, static_cast<uint8_t>(*at));
  return crc;
}
bool has_instruction() {
  return __builtin_cpu_supports("sse4.2") != 0;
}
#else
uint32_t by_instruction(uint32_t crc, const char* at, size_t size) {
  return by_table(crc, at, size);
}
bool has_instruction() {
  return false;
}
#endif

}  // namespace

uint32_t crc32c(uint32_t seed, BytesView bytes) {
  static const bool fast = has_instruction();
  const uint32_t crc = ~seed;
  return ~(fast ? by_instruction(crc, bytes.data(), bytes.size())
                : by_table(crc, bytes.data(), bytes.size()));
}

}  // namespace argosy
