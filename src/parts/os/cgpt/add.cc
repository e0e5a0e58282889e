// cgpt add: a new partition, or another value of one that is there.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "lib/gpt/types.h"
#include "parts/os/cgpt/command.h"

namespace argosy::os {
namespace {

// The original keeps room for a zero after the name.
constexpr size_t kLabelUnits = gpt::kNameUnits - 1;

struct Parameters {
  uint32_t number = 0;  // 0: the first free one
  std::optional<uint64_t> first, sectors, attributes;
  std::optional<gpt::Guid> type, unique;
  std::optional<std::string> label;
  std::optional<int> legacy_boot, successful, tries, priority;
};

std::string usage(const Report& report) {
  return format(
             "\nUsage: {} add [OPTIONS] DRIVE\n\n"
             "Add, edit, or remove a partition entry.\n\n"
             "Options:\n"
             "  -i NUM       Specify partition (default is next available)\n"
             "  -b NUM       Beginning sector\n"
             "  -s NUM       Size in sectors\n"
             "  -t GUID      Partition Type GUID\n"
             "  -u GUID      Partition Unique ID\n"
             "  -l LABEL     Label\n"
             "  -B NUM       set Legacy BIOS Bootable flag (0|1)\n"
             "  -S NUM       set Successful flag (0|1)\n"
             "  -T NUM       set Tries flag (0-15)\n"
             "  -P NUM       set Priority flag (0-15)\n"
             "  -A NUM       set raw 64-bit attribute value\n"
             "\n"
             "Use the -i option to modify an existing partition.\n"
             "The -b, -s, and -t options must be given for new partitions.\n"
             "\n",
             report.program()) +
         aliases_text();
}

// The original reports a -T that is no number without its usual words before.
int take_tries(Report& report, const Option& option) {
  if (parse_number(option.argument).is_whole) return take_small(report, option, gpt::kMaxTries);
  report.print_error(format("{}: invalid argument to -{}: \"{}\"\n", report.program(),
                            option.letter, option.argument));
  report.count_refusal();
  return 0;
}

void take(Report& report, const Option& option, Parameters& parameters) {
  switch (option.letter) {
    case 'i':
      parameters.number = static_cast<uint32_t>(take_number(report, option));
      break;
    case 'b':
      parameters.first = take_number(report, option);
      break;
    case 's':
      parameters.sectors = take_number(report, option);
      break;
    case 't':
      parameters.type = take_type(report, option);
      break;
    case 'u':
      parameters.unique = take_guid(report, option);
      break;
    case 'l':
      parameters.label = option.argument;
      break;
    case 'B':
      parameters.legacy_boot = take_small(report, option, 1);
      break;
    case 'S':
      parameters.successful = take_small(report, option, 1);
      break;
    case 'T':
      parameters.tries = take_tries(report, option);
      break;
    case 'P':
      parameters.priority = take_small(report, option, gpt::kMaxPriority);
      break;
    default:
      parameters.attributes = take_number(report, option);
  }
}

// The options again, as the original shows them after an error about the table.
std::string options_text(const Parameters& parameters) {
  std::string text = format("-i {} ", parameters.number);
  const auto append = [&text](std::string_view option, const auto& value) {
    if (value) text += format("{} {} ", option, *value);
  };
  const auto append_guid = [&text](std::string_view option, const std::optional<gpt::Guid>& guid) {
    if (guid) text += format("{} {} ", option, gpt::to_upper_text(*guid));
  };
  append("-l", parameters.label);
  append("-b", parameters.first);
  append("-s", parameters.sectors);
  append_guid("-t", parameters.type);
  append_guid("-u", parameters.unique);
  append("-B", parameters.legacy_boot);
  append("-S", parameters.successful);
  append("-T", parameters.tries);
  append("-P", parameters.priority);
  if (parameters.attributes) text += format("-A {:#x} ", *parameters.attributes);
  return text + "\n";
}

std::string_view table_error(gpt::Defect defect) {
  switch (defect) {
    case gpt::Defect::kOutsideUsable:
      return "Entry outside of valid region\n";
    case gpt::Defect::kFirstInsideOther:
      return "Starting LBA overlaps\n";
    case gpt::Defect::kLastInsideOther:
      return "Ending LBA overlaps\n";
    case gpt::Defect::kSameGuid:
      return "Duplicated GUID\n";
    default:
      return "Unknown\n";
  }
}

bool choose_number(Report& report, const gpt::Table& table, Parameters& parameters) {
  if (parameters.number != 0) {
    if (gpt::find(table, parameters.number) != nullptr) return true;
    report.error(format("invalid partition number: {}\n", static_cast<int32_t>(parameters.number)));
    return false;
  }
  const auto number = gpt::first_free(table);
  if (!number) report.error("no unused partitions available\n");
  parameters.number = number.value_or(0);
  return number.has_value();
}

void set_attributes(gpt::Attributes& attributes, const Parameters& parameters) {
  if (parameters.attributes) {
    attributes = gpt::Attributes(*parameters.attributes);
    return;
  }
  if (parameters.legacy_boot) attributes.set_legacy_bootable(*parameters.legacy_boot != 0);
  if (parameters.successful) attributes.set_successful(*parameters.successful != 0);
  if (parameters.tries) attributes.set_tries(*parameters.tries);
  if (parameters.priority) attributes.set_priority(*parameters.priority);
}

bool check_new(Report& report, const Parameters& parameters) {
  if (!parameters.first || !parameters.sectors || !parameters.type) {
    report.error("-t, -b, and -s options are required for new partitions\n");
    return false;
  }
  if (parameters.type->is_zero()) {
    report.error("New partitions must have a type other than \"unused\"\n");
    return false;
  }
  return true;
}

bool edit(Call& call, gpt::Entry& entry, const Parameters& parameters) {
  set_attributes(entry.attributes, parameters);
  if (!entry.is_used() && !check_new(call.report, parameters)) return false;
  if (parameters.first) entry.first_lba = *parameters.first;
  if (parameters.sectors) entry.last_lba = entry.first_lba + *parameters.sectors - 1;
  if (parameters.unique) {
    entry.unique = *parameters.unique;
  } else if (!entry.is_used()) {
    entry.unique = gpt::random_guid(call.random.next(), call.random.next());
  }
  if (parameters.type) entry.type = *parameters.type;
  if (!parameters.label) return true;
  const auto name = gpt::name_of(*parameters.label, kLabelUnits);
  if (!name) {
    call.report.error("The label cannot be converted to UTF16.\n");
    return false;
  }
  entry.name = *name;
  return true;
}

int add(Call& call, const std::string& path, Parameters& parameters) {
  Report& report = call.report;
  auto opened = open_usable(report, path, true);
  if (!opened) return kFailed;
  if (!opened->found.mbr) {
    report.error("Unable to read PMBR\n");
    return kFailed;
  }
  if (!opened->found.is_clean()) {
    report.error(
        "one of the GPT header/entries is invalid.\n"
        "please run 'cgpt repair' before adding anything.\n");
    return kFailed;
  }
  gpt::Table table = gpt::table_of(opened->found);
  if (!choose_number(report, table, parameters)) return kFailed;
  if (!edit(call, table.entries[parameters.number - 1], parameters)) return kFailed;
  if (const gpt::Defect defect = gpt::judge_entries(table); defect != gpt::Defect::kNone) {
    report.error(table_error(defect));
    report.error(options_text(parameters));
    return kFailed;
  }
  gpt::Mbr mbr = *opened->found.mbr;
  mbr.protect(opened->drive.geometry(), table);
  return carry_out(report, opened->drive, gpt::plan_update(opened->found, table, mbr));
}

}  // namespace

int run_add(Call& call) {
  Report& report = call.report;
  Parameters parameters;
  const Options parsed = parse_options(call.arguments, "hi:b:s:t:u:l:B:S:T:P:A:");
  const auto ended = take_options(report, parsed, usage(report),
                                  [&](const Option& option) { take(report, option, parameters); });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.error("missing drive argument\n");
    return kFailed;
  }
  const auto drive = resolve(call, parsed.operands.front(), parameters.number);
  if (!drive) return kFailed;
  parameters.number = drive->number;
  return add(call, drive->disk, parameters);
}

}  // namespace argosy::os
