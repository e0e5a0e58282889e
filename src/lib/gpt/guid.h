// GUIDs as a partition table stores them: the first three fields little-endian, the rest
// as they are read (UEFI 2.10, appendix A).
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace argosy::gpt {

struct Guid {
  std::array<uint8_t, 16> bytes{};  // as on disk

  auto operator<=>(const Guid&) const = default;
  bool is_zero() const { return *this == Guid{}; }
};

// "c12a7328-f81f-11d2-ba4b-00a0c93ec93b" in either case; nothing else is one.
std::optional<Guid> parse_guid(std::string_view text);
std::string to_lower_text(const Guid& guid);
std::string to_upper_text(const Guid& guid);

// 16 bytes at an unaligned place.
Guid load_guid(const char* from);
void store_guid(char* to, const Guid& guid);

// A version 4 GUID (RFC 4122 section 4.4) of 128 bits of chance; 6 of them are lost.
Guid random_guid(uint64_t high, uint64_t low);

// For constants: parse_guid of a text that is right.
consteval Guid operator""_guid(const char* text, size_t size);

namespace detail {
constexpr int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// Where the pairs of digits of the text go.
inline constexpr std::array<uint8_t, 16> kTextOrder = {3, 2, 1,  0,  5,  4,  7,  6,
                                                       8, 9, 10, 11, 12, 13, 14, 15};

constexpr std::optional<Guid> parse_guid(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  Guid guid;
  size_t at = 0;
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      if (text[at++] != '-') return std::nullopt;
    }
    const int high = hex_digit(text[at++]);
    const int low = hex_digit(text[at++]);
    if (high < 0 || low < 0) return std::nullopt;
    guid.bytes[kTextOrder[i]] = static_cast<uint8_t>(high * 16 + low);
  }
  return guid;
}
}  // namespace detail

consteval Guid operator""_guid(const char* text, size_t size) {
  return detail::parse_guid({text, size}).value();
}

}  // namespace argosy::gpt
