// Bytes that are owned, bytes that are borrowed, and fixed-width integers in them.
// A BytesView is valid only as long as its owner; headers say for how long.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace argosy {

using Bytes = std::string;
using BytesView = std::string_view;

// Fixed-width integers at an unaligned place; the caller has checked the length.
inline uint64_t load_be64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap64(value);
}
inline uint32_t load_be32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return __builtin_bswap32(value);
}
inline uint64_t load_le64(const char* from) {
  uint64_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline uint32_t load_le32(const char* from) {
  uint32_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline uint16_t load_le16(const char* from) {
  uint16_t value;
  std::memcpy(&value, from, sizeof value);
  return value;
}
inline void store_be64(char* to, uint64_t value) {
  value = __builtin_bswap64(value);
  std::memcpy(to, &value, sizeof value);
}
inline void store_be32(char* to, uint32_t value) {
  value = __builtin_bswap32(value);
  std::memcpy(to, &value, sizeof value);
}
inline void store_le64(char* to, uint64_t value) {
  std::memcpy(to, &value, sizeof value);
}
inline void store_le32(char* to, uint32_t value) {
  std::memcpy(to, &value, sizeof value);
}
inline void store_le16(char* to, uint16_t value) {
  std::memcpy(to, &value, sizeof value);
}

inline void append_be64(Bytes& to, uint64_t value) {
  char raw[8];
  store_be64(raw, value);
  to.append(raw, sizeof raw);
}
inline void append_be32(Bytes& to, uint32_t value) {
  char raw[4];
  store_be32(raw, value);
  to.append(raw, sizeof raw);
}

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "load_le and store_le assume it");

// "00ff", lower case.
std::string to_hex(BytesView bytes);
// Lower-case hex of a number without leading zeros, as etcd prints ids.
std::string to_hex(uint64_t value);
// Exactly 16 digits.
std::string to_hex16(uint64_t value);
// Empty when a character is not a hex digit or the count of digits is odd.
std::optional<Bytes> from_hex(std::string_view text);
// Up to 16 digits of either case; empty when there is anything else.
std::optional<uint64_t> parse_hex(std::string_view text);

// RFC 4648 section 4, with padding. Reading refuses white space and bad padding.
std::string to_base64(BytesView bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace argosy
