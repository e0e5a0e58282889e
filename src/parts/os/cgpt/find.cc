// cgpt find: partitions by type, GUID, label and content, on one drive or on all.
#include "base/format.h"
#include "lib/gpt/table.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/cgpt/listing.h"
#include "sys/file/disk.h"

namespace argosy::os {
namespace {

constexpr uint64_t kMaxContentBytes = 1 << 30;

struct Parameters {
  std::optional<gpt::Guid> type, unique;
  std::optional<std::string> label;
  bool is_verbose = false;
  bool is_numeric = false;
  bool is_one_only = false;
  Bytes content;
  uint64_t content_offset = 0;
  uint64_t hits = 0;
};

std::string usage(const Report& report) {
  return format(
             "\nUsage: {} find [OPTIONS] [DRIVE]\n\n"
             "Find a partition by its UUID or label. With no specified DRIVE\n"
             "it scans all physical drives.\n\n"
             "Options:\n"
             "  -t GUID      Search for Partition Type GUID\n"
             "  -u GUID      Search for Partition Unique ID\n"
             "  -l LABEL     Search for Label\n"
             "  -v           Be verbose in displaying matches (repeatable)\n"
             "  -n           Numeric output only\n"
             "  -1           Fail if more than one match is found\n"
             "  -M FILE      Matching partition data must also contain FILE content\n"
             "  -O NUM       Byte offset into partition to match content (default 0)\n"
             "\n",
             report.program()) +
         aliases_text();
}

void take_content(Report& report, const Option& option, Bytes& content) {
  auto read = read_file(real_disk(), option.argument, kMaxContentBytes);
  if (read && !read->empty()) {
    content = *std::move(read);
  } else {
    report.refuse(format("Unable to read from {}\n", option.argument));
  }
}

void take(Report& report, const Option& option, Parameters& parameters) {
  switch (option.letter) {
    case 't':
      parameters.type = take_type(report, option);
      break;
    case 'u':
      parameters.unique = take_guid(report, option);
      break;
    case 'l':
      parameters.label = option.argument;
      break;
    case 'v':
      parameters.is_verbose = true;
      break;
    case 'n':
      parameters.is_numeric = true;
      break;
    case '1':
      parameters.is_one_only = true;
      break;
    case 'M':
      take_content(report, option, parameters.content);
      break;
    default:
      parameters.content_offset = take_number(report, option);
  }
}

bool has_content(Report& report, const Drive& drive, const gpt::Entry& entry,
                 const Parameters& parameters) {
  const uint64_t size = parameters.content.size();
  if (size == 0) return true;
  const uint64_t sector_bytes = drive.geometry().sector_bytes;
  const uint64_t partition_bytes = entry.sectors() * sector_bytes;
  if (size > partition_bytes || parameters.content_offset > partition_bytes - size) return false;
  const auto there = drive.read(entry.first_lba * sector_bytes + parameters.content_offset, size);
  if (!there) report.error("unable to read partition data\n");
  return there && *there == parameters.content;
}

// The kernel puts a p between a disk's name that ends with a digit and the number.
std::string partition_path(const std::string& drive, uint32_t number) {
  const bool ends_with_digit = drive.back() >= '0' && drive.back() <= '9';
  const bool has_p = drive.starts_with("/dev/") && ends_with_digit;
  return format("{}{}{}", drive, has_p ? "p" : "", number);
}

void print_match(Report& report, const std::string& path, uint32_t number, const gpt::Entry& entry,
                 const Parameters& parameters) {
  report.print(parameters.is_numeric ? format("{}\n", number)
                                     : partition_path(path, number) + "\n");
  if (parameters.is_verbose) report.print(entry_lines(entry, number, parameters.is_numeric));
}

void search(Report& report, const std::string& path, Parameters& parameters) {
  const auto drive = open_drive(report, path, {});
  if (!drive) return;
  const gpt::Inspection found = drive->inspect();
  if (!found.is_usable()) return;
  const gpt::Table table = gpt::table_of(found);
  for (uint32_t number = 1; number <= table.entries.size(); ++number) {
    const gpt::Entry& entry = *gpt::find(table, number);
    if (!entry.is_used()) continue;
    bool matches = parameters.unique == entry.unique || parameters.type == entry.type;
    if (!matches && parameters.label) {
      const gpt::NameText name = gpt::to_text(entry.name);
      if (!name.is_whole) {
        report.error("The label cannot be converted from UTF16, so abort.\n");
        return;
      }
      matches = name.text == *parameters.label;
    }
    if (!matches || !has_content(report, *drive, entry, parameters)) continue;
    ++parameters.hits;
    print_match(report, path, number, entry, parameters);
  }
}

std::vector<std::string> drives_of(Call& call, const Options& parsed) {
  if (!parsed.operands.empty()) return parsed.operands;
  auto disks = whole_disks(call.tree);
  if (disks) return *std::move(disks);
  call.report.print_error("can't read /proc/partitions: " + disks.error().text() + "\n");
  return {};
}

}  // namespace

int run_find(Call& call) {
  Report& report = call.report;
  Parameters parameters;
  const Options parsed = parse_options(call.arguments, "hv1nt:u:l:M:O:");
  const auto ended = take_options(report, parsed, usage(report),
                                  [&](const Option& option) { take(report, option, parameters); });
  if (ended) return *ended;
  if (!parameters.unique && !parameters.type && !parameters.label) {
    report.refuse("You must specify at least one of -t, -u, or -l\n");
  }
  if (const auto refused = end_options(report, usage(report))) return *refused;
  for (const std::string& drive : drives_of(call, parsed)) search(report, drive, parameters);
  const bool is_found = parameters.is_one_only ? parameters.hits == 1 : parameters.hits > 0;
  return is_found ? kDone : kFailed;
}

}  // namespace argosy::os
