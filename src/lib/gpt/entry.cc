#include "lib/gpt/entry.h"

#include "base/text.h"
#include "lib/gpt/format.h"

namespace argosy::gpt {
namespace {

bool is_high_surrogate(char32_t unit) {
  return unit >= 0xd800 && unit <= 0xdbff;
}
bool is_low_surrogate(char32_t unit) {
  return unit >= 0xdc00 && unit <= 0xdfff;
}

void append_utf8(std::string& to, char32_t point) {
  const auto tail = [&](int shift) { to += static_cast<char>(0x80 | ((point >> shift) & 0x3f)); };
  if (point < 0x80) {
    to += static_cast<char>(point);
  } else if (point < 0x800) {
    to += static_cast<char>(0xc0 | (point >> 6));
    tail(0);
  } else if (point < 0x10000) {
    to += static_cast<char>(0xe0 | (point >> 12));
    tail(6);
    tail(0);
  } else {
    to += static_cast<char>(0xf0 | (point >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

// The text is valid UTF-8.
char32_t next_point(std::string_view text, size_t& at) {
  const auto lead = static_cast<uint8_t>(text[at++]);
  if (lead < 0x80) return lead;
  const int more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
  char32_t point = lead & (0x3fU >> more);
  for (int i = 0; i < more; ++i) {
    point = (point << 6) | (static_cast<uint8_t>(text[at++]) & 0x3fU);
  }
  return point;
}

}  // namespace

NameText to_text(const Name& name) {
  NameText result;
  for (size_t i = 0; i < name.size() && name[i] != 0; ++i) {
    char32_t point = name[i];
    if (is_high_surrogate(point)) {
      const char32_t low = i + 1 < name.size() ? name[i + 1] : 0;
      if (!is_low_surrogate(low)) return {std::move(result.text), false};
      point = 0x10000 + ((point & 0x3ff) << 10) + (low & 0x3ff);
      ++i;
    } else if (is_low_surrogate(point)) {
      return {std::move(result.text), false};
    }
    append_utf8(result.text, point);
  }
  return result;
}

Result<Name> name_of(std::string_view text, size_t units) {
  if (!is_valid_utf8(text)) return fail(Code::kInvalidArgument, "the label is not UTF-8");
  Name name{};
  size_t used = 0;
  for (size_t at = 0; at < text.size();) {
    const char32_t point = next_point(text, at);
    const size_t needed = point >= 0x10000 ? 2 : 1;
    if (point == 0 || used + needed > std::min(units, name.size())) break;
    if (needed == 1) {
      name[used++] = static_cast<char16_t>(point);
    } else {
      name[used++] = static_cast<char16_t>(0xd800 + ((point - 0x10000) >> 10));
      name[used++] = static_cast<char16_t>(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  return name;
}

Entry parse_entry(const char* from) {
  Entry entry;
  entry.type = load_guid(from + kEntryType);
  entry.unique = load_guid(from + kEntryUnique);
  entry.first_lba = load_le64(from + kEntryFirstLba);
  entry.last_lba = load_le64(from + kEntryLastLba);
  entry.attributes = Attributes(load_le64(from + kEntryAttributes));
  for (size_t i = 0; i < kNameUnits; ++i) {
    entry.name[i] = static_cast<char16_t>(load_le16(from + kEntryName + 2 * i));
  }
  return entry;
}

void write_entry(char* to, const Entry& entry) {
  store_guid(to + kEntryType, entry.type);
  store_guid(to + kEntryUnique, entry.unique);
  store_le64(to + kEntryFirstLba, entry.first_lba);
  store_le64(to + kEntryLastLba, entry.last_lba);
  store_le64(to + kEntryAttributes, entry.attributes.bits());
  for (size_t i = 0; i < kNameUnits; ++i) store_le16(to + kEntryName + 2 * i, entry.name[i]);
}

}  // namespace argosy::gpt
