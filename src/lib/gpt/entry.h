// One partition as the table has it (UEFI 2.10, table 5.6).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/gpt/attributes.h"
#include "lib/gpt/guid.h"

namespace argosy::gpt {

inline constexpr size_t kNameUnits = 36;
// UTF-16, filled up with zeros.
using Name = std::array<char16_t, kNameUnits>;

struct Entry {
  Guid type;  // zero: the place is free, whatever the rest says
  Guid unique;
  uint64_t first_lba = 0;
  uint64_t last_lba = 0;  // inclusive
  Attributes attributes;
  Name name{};

  bool operator==(const Entry&) const = default;
  bool is_used() const { return !type.is_zero(); }
  // 2^64 - 1 at most; what a damaged entry says of itself may wrap.
  uint64_t sectors() const { return last_lba - first_lba + 1; }
};

struct NameText {
  std::string text;      // UTF-8
  bool is_whole = true;  // false: it ends before a surrogate that stands alone
};
// Up to the first zero.
NameText to_text(const Name& name);
// InvalidArgument for what is not UTF-8. At most `units` units; the rest is cut off, never
// within a character.
Result<Name> name_of(std::string_view text, size_t units = kNameUnits);

// The first 128 bytes of an entry; a longer one has zeros after them.
Entry parse_entry(const char* from);
void write_entry(char* to, const Entry& entry);

}  // namespace argosy::gpt
