#include "lib/tar/header.h"

#include "base/text.h"

namespace argosy::tar {
namespace {

std::optional<int64_t> base256(BytesView field) {
  const bool is_negative = (field[0] & 0x40) != 0;
  uint64_t value = is_negative ? ~uint64_t{0} : 0;
  for (size_t i = 0; i < field.size(); ++i) {
    auto byte = static_cast<uint8_t>(field[i]);
    if (i == 0) byte = is_negative ? byte | 0x80 : byte & 0x7f;
    const auto lost = static_cast<uint8_t>(value >> 56);
    if (lost != (is_negative ? 0xff : 0)) return std::nullopt;
    value = value << 8 | byte;
  }
  const auto out = static_cast<int64_t>(value);
  if ((out < 0) != is_negative) return std::nullopt;
  return out;
}

}  // namespace

std::string_view text_in(BytesView field) {
  return field.substr(0, field.find('\0'));
}

std::optional<int64_t> signed_number_in(BytesView field) {
  if (!field.empty() && (field[0] & 0x80) != 0) return base256(field);
  std::string_view digits = text_in(field);
  while (digits.starts_with(' ')) digits.remove_prefix(1);
  while (digits.ends_with(' ')) digits.remove_suffix(1);
  int64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '7') return std::nullopt;
    value = value * 8 + (c - '0');
  }
  return value;
}

std::optional<uint64_t> number_in(BytesView field) {
  const auto value = signed_number_in(field);
  if (!value || *value < 0) return std::nullopt;
  return static_cast<uint64_t>(*value);
}

uint64_t checksum_of(BytesView block) {
  uint64_t sum = 8 * ' ';
  for (size_t i = 0; i < block.size(); ++i) {
    if (i < kChecksum.offset || i >= kChecksum.offset + kChecksum.size) {
      sum += static_cast<uint8_t>(block[i]);
    }
  }
  return sum;
}

bool has_good_checksum(BytesView block) {
  const auto said = signed_number_in(kChecksum.of(block));
  if (!said) return false;
  if (*said == static_cast<int64_t>(checksum_of(block))) return true;
  // Old writers summed signed characters.
  int64_t sum = 8 * ' ';
  for (size_t i = 0; i < block.size(); ++i) {
    if (i < kChecksum.offset || i >= kChecksum.offset + kChecksum.size) {
      sum += static_cast<signed char>(block[i]);
    }
  }
  return *said == sum;
}

}  // namespace argosy::tar
