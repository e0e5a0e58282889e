#include "lib/gpt/guid.h"

namespace argosy::gpt {
namespace {

std::string to_text(const Guid& guid, std::string_view digits) {
  std::string text;
  text.reserve(36);
  for (size_t i = 0; i < 16; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) text += '-';
    const uint8_t byte = guid.bytes[detail::kTextOrder[i]];
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

}  // namespace

std::optional<Guid> parse_guid(std::string_view text) {
  return detail::parse_guid(text);
}

std::string to_lower_text(const Guid& guid) {
  return to_text(guid, "0123456789abcdef");
}

std::string to_upper_text(const Guid& guid) {
  return to_text(guid, "0123456789ABCDEF");
}

Guid load_guid(const char* from) {
  Guid guid;
  std::memcpy(guid.bytes.data(), from, guid.bytes.size());
  return guid;
}

void store_guid(char* to, const Guid& guid) {
  std::memcpy(to, guid.bytes.data(), guid.bytes.size());
}

Guid random_guid(uint64_t high, uint64_t low) {
  Guid guid;
  std::memcpy(guid.bytes.data(), &high, 8);
  std::memcpy(guid.bytes.data() + 8, &low, 8);
  // The version is in the high half of the third field, which is stored low byte first.
  guid.bytes[7] = static_cast<uint8_t>((guid.bytes[7] & 0x0f) | 0x40);
  guid.bytes[8] = static_cast<uint8_t>((guid.bytes[8] & 0x3f) | 0x80);
  return guid;
}

}  // namespace argosy::gpt
