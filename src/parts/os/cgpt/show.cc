// cgpt show: the table, one partition of it, or one value of that.
#include "base/format.h"
#include "lib/gpt/table.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/cgpt/listing.h"

namespace argosy::os {
namespace {

struct Parameters {
  Listing how;
  bool is_quick = false;
  uint32_t number = 0;  // 0: all
  char item = 0;        // 0: all of the partition
};

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} show [OPTIONS] DRIVE\n\n"
      "Display the GPT table\n\n"
      "Options:\n"
      "  -n           Numeric output only\n"
      "  -v           Verbose output\n"
      "  -q           Quick output\n"
      "  -i NUM       Show specified partition only - pick one of:\n"
      "               -b  beginning sector\n"
      "               -s  partition size\n"
      "               -t  type guid\n"
      "               -u  unique guid\n"
      "               -l  label\n"
      "               -S  Successful flag\n"
      "               -T  Tries flag\n"
      "               -P  Priority flag\n"
      "               -A  raw 64-bit attribute value\n"
      "  -d           Debug output (including invalid headers)\n"
      "\n",
      report.program());
}

void take(Report& report, const Option& option, Parameters& parameters) {
  switch (option.letter) {
    case 'n':
      parameters.how.is_numeric = true;
      break;
    case 'v':
      parameters.how.is_verbose = true;
      break;
    case 'd':
      parameters.how.with_invalid = true;
      break;
    case 'q':
      parameters.is_quick = true;
      break;
    case 'i':
      parameters.number = static_cast<uint32_t>(take_number(report, option));
      break;
    default:
      parameters.item = option.letter;
  }
}

std::string item_text(const gpt::Entry& entry, char item) {
  switch (item) {
    case 'b':
      return format("{}", static_cast<int64_t>(entry.first_lba));
    case 's':
      return format("{}", static_cast<int64_t>(entry.sectors()));
    case 't':
      return gpt::to_upper_text(entry.type);
    case 'u':
      return gpt::to_upper_text(entry.unique);
    case 'l':
      return gpt::to_text(entry.name).text;
    case 'S':
      return entry.attributes.is_successful() ? "1" : "0";
    case 'T':
      return format("{}", entry.attributes.tries());
    case 'P':
      return format("{}", entry.attributes.priority());
    default:
      return format("{:#x}", entry.attributes.bits());
  }
}

int show_partition(Report& report, const gpt::Table& table, const Parameters& parameters) {
  const gpt::Entry* entry = gpt::find(table, parameters.number);
  if (entry == nullptr) {
    report.error(format("invalid partition number: {}\n", static_cast<int32_t>(parameters.number)));
    return kFailed;
  }
  if (parameters.item != 0) {
    report.print(item_text(*entry, parameters.item) + "\n");
  } else {
    report.print(title_line() + entry_lines(*entry, parameters.number, parameters.how.is_numeric));
  }
  return kDone;
}

void show_quickly(Report& report, const gpt::Table& table, bool is_numeric) {
  for (uint32_t number = 1; number <= table.entries.size(); ++number) {
    const gpt::Entry& entry = *gpt::find(table, number);
    if (entry.is_used()) report.print(entry_line(entry, number, is_numeric));
  }
}

int show(Report& report, const std::string& path, const Parameters& parameters) {
  const auto opened = open_usable(report, path, false);
  if (!opened) return kFailed;
  const gpt::Inspection& found = opened->found;
  if (parameters.number != 0) {
    const int code = show_partition(report, gpt::table_of(found), parameters);
    if (code != kDone) return code;
  } else if (parameters.is_quick) {
    show_quickly(report, gpt::table_of(found), parameters.how.is_numeric);
  } else if (!found.mbr) {
    report.error("Unable to read PMBR\n");
    return kFailed;
  } else {
    report.print(disk_lines(found, parameters.how));
  }
  if (!found.is_clean()) {
    report.print_error(
        format("\nWARNING: one of the GPT header/entries is invalid, please run '{} repair'\n",
               report.program()));
  }
  return kDone;
}

}  // namespace

int run_show(Call& call) {
  Report& report = call.report;
  Parameters parameters;
  const Options parsed = parse_options(call.arguments, "hnvqi:bstulSTPAd");
  const auto ended = take_options(report, parsed, usage(report),
                                  [&](const Option& option) { take(report, option, parameters); });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.error("missing drive argument\n");
    report.print(usage(report));
    return kFailed;
  }
  const auto drive = resolve(call, parsed.operands.front(), parameters.number);
  if (!drive) return kFailed;
  parameters.number = drive->number;
  return show(report, drive->disk, parameters);
}

}  // namespace argosy::os
