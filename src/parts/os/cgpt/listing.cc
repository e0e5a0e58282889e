#include "parts/os/cgpt/listing.h"

#include "base/format.h"
#include "lib/gpt/crc32.h"
#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "lib/gpt/types.h"

namespace argosy::os {
namespace {

const std::string kIndent(34, ' ');

std::string area_line(uint64_t first, uint64_t sectors, std::string_view mark,
                      std::string_view text) {
  return format("{:>12}{:>12}{:>8}  {}\n", first, sectors, mark, text);
}

std::string_view mark_of(bool is_sound) {
  return is_sound ? "" : "INVALID";
}

std::string more_line(std::string_view name, std::string_view text) {
  return format("{}{}{}\n", kIndent, name, text);
}

std::string type_text(const gpt::Guid& type, bool is_numeric) {
  const auto description = gpt::description_of(type);
  return description && !is_numeric ? std::string(*description) : gpt::to_upper_text(type);
}

std::string attributes_line(const gpt::Entry& entry, bool is_numeric) {
  const gpt::Attributes& bits = entry.attributes;
  if (is_numeric) return more_line("Attr: ", format("{:#018x}", bits.bits()));
  if (gpt::is_slot(entry) || entry.type == gpt::kChromeOsKernel) {
    return more_line("Attr: ", format("priority={} tries={} successful={}", bits.priority(),
                                      bits.tries(), bits.is_successful() ? 1 : 0));
  }
  return bits.is_legacy_bootable() ? more_line("Attr: ", "Legacy BIOS Bootable") : "";
}

std::string signature_text(BytesView sector, bool is_numeric) {
  const BytesView signature = sector.substr(0, gpt::kEfiSignature.size());
  if (!is_numeric) return format("[{}]", signature);
  std::string text = "[";
  for (const char c : signature) {
    text += format("{}{:02X}", text.size() > 1 ? "-" : "", static_cast<uint8_t>(c));
  }
  return text + "]";
}

std::string header_lines(const gpt::Copy& copy, bool is_numeric) {
  const gpt::Header& header = copy.header;
  const bool is_crc_right =
      !copy.header_sector.empty() && gpt::header_crc_of(copy.header_sector) == header.header_crc;
  const bool is_table_right = gpt::crc32(copy.table) == header.table_crc;
  return more_line("Sig: ", signature_text(copy.header_sector, is_numeric)) +
         more_line("Rev: ", format("{:#010x}", header.revision)) +
         more_line("Size: ", format("{}", header.header_bytes)) +
         more_line("Header CRC: ",
                   format("{:#010x} {}", header.header_crc, is_crc_right ? "" : "(INVALID)")) +
         more_line("My LBA: ", format("{}", header.own_lba)) +
         more_line("Alternate LBA: ", format("{}", header.other_lba)) +
         more_line("First LBA: ", format("{}", header.first_usable)) +
         more_line("Last LBA: ", format("{}", header.last_usable)) +
         more_line("Disk UUID: ", gpt::to_upper_text(header.disk_guid)) +
         more_line("Entries LBA: ", format("{}", header.table_lba)) +
         more_line("Number of entries: ", format("{}", header.entry_count)) +
         more_line("Size of entry: ", format("{}", header.entry_bytes)) +
         more_line("Entries CRC: ",
                   format("{:#010x} {}", header.table_crc, is_table_right ? "" : "INVALID"));
}

// The same entry size for both copies: that of the header which is believed.
uint32_t entry_bytes_of(const gpt::Inspection& found) {
  return found.primary.has_sound_header() ? found.primary.header.entry_bytes
                                          : found.backup.header.entry_bytes;
}

std::string table_lines(const gpt::Inspection& found, const gpt::Copy& copy, bool is_numeric) {
  std::string text;
  uint32_t number = 0;
  for (const gpt::Entry& entry : gpt::parse_entries(copy.table, entry_bytes_of(found))) {
    ++number;
    if (entry.is_used()) text += entry_lines(entry, number, is_numeric);
  }
  return text;
}

uint64_t table_sectors(const gpt::Inspection& found) {
  return found.disk.sectors_for(gpt::trusted_table_bytes(found).size());
}

// What two headers of one table have in common.
bool are_synonymous(const gpt::Header& a, const gpt::Header& b) {
  return a.first_usable == b.first_usable && a.last_usable == b.last_usable &&
         a.entry_count == b.entry_count && a.entry_bytes == b.entry_bytes &&
         a.disk_guid == b.disk_guid;
}

std::string primary_lines(const gpt::Inspection& found, const Listing& how) {
  const gpt::Copy& primary = found.primary;
  const bool is_sound = primary.has_sound_header();
  std::string text = area_line(gpt::kPrimaryHeaderLba, 1, mark_of(is_sound), "Pri GPT header");
  if (how.with_invalid || (is_sound && how.is_verbose)) {
    text += header_lines(primary, how.is_numeric);
  }
  text += area_line(primary.table_lba, table_sectors(found), mark_of(primary.has_sound_table()),
                    "Pri GPT table");
  if (how.with_invalid || primary.has_sound_table()) {
    text += table_lines(found, primary, how.is_numeric);
  }
  return text;
}

// Of the backup only what the primary has not said already.
std::string backup_lines(const gpt::Inspection& found, const Listing& how) {
  const gpt::Copy& primary = found.primary;
  const gpt::Copy& backup = found.backup;
  std::string text = area_line(backup.table_lba, table_sectors(found),
                               mark_of(backup.has_sound_table()), "Sec GPT table");
  const bool is_new = !primary.has_sound_table() || primary.table != backup.table;
  if (how.with_invalid || (backup.has_sound_table() && is_new)) {
    text += table_lines(found, backup, how.is_numeric);
  }
  // The original shows a bad backup header at the primary's place.
  const uint64_t lba = backup.has_sound_header() ? found.disk.last_lba() : gpt::kPrimaryHeaderLba;
  text += area_line(lba, 1, mark_of(backup.has_sound_header()), "Sec GPT header");
  const bool is_other =
      !primary.has_sound_header() || !are_synonymous(primary.header, backup.header);
  if (how.with_invalid || (backup.has_sound_header() && is_other && how.is_verbose)) {
    text += header_lines(backup, how.is_numeric);
  }
  return text;
}

}  // namespace

std::string entry_line(const gpt::Entry& entry, uint32_t number, bool is_numeric) {
  return format("{:>12}{:>12}{:>8}  {}\n", entry.first_lba, entry.sectors(), number,
                type_text(entry.type, is_numeric));
}

std::string entry_lines(const gpt::Entry& entry, uint32_t number, bool is_numeric) {
  return format("{:>12}{:>12}{:>8}  Label: \"{}\"\n", entry.first_lba, entry.sectors(), number,
                gpt::to_text(entry.name).text) +
         more_line("Type: ", type_text(entry.type, is_numeric)) +
         more_line("UUID: ", gpt::to_upper_text(entry.unique)) + attributes_line(entry, is_numeric);
}

std::string title_line() {
  return format("{:>12}{:>12}{:>8}  {}\n", "start", "size", "part", "contents");
}

std::string disk_lines(const gpt::Inspection& found, const Listing& how) {
  return title_line() + area_line(0, 1, "", found.mbr->text()) + primary_lines(found, how) +
         backup_lines(found, how);
}

}  // namespace argosy::os
