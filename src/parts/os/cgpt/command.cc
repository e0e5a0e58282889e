#include "parts/os/cgpt/command.h"

#include "base/format.h"
#include "lib/gpt/types.h"
#include "parts/os/drive/sanity.h"

namespace argosy::os {
namespace {

struct Command {
  std::string_view name;
  int (*run)(Call&);
  std::string_view comment;
};
constexpr Command kCommands[] = {
    {"create", run_create, "Create or reset GPT headers and tables"},
    {"add", run_add, "Add, edit or remove a partition entry"},
    {"show", run_show, "Show partition table and entries"},
    {"repair", run_repair, "Repair damaged GPT headers and tables"},
    {"boot", run_boot, "Edit the PMBR sector for legacy BIOSes"},
    {"next", run_next, "Get the next root GUID to boot"},
    {"find", run_find, "Locate a partition by its GUID"},
    {"prioritize", run_prioritize, "Reorder the priority of all kernel partitions"},
    {"legacy", run_legacy, "Switch between GPT and Legacy GPT"},
    {"resize", run_resize, "Find and resize a partition"},
};

std::string usage(std::string_view program) {
  std::string text =
      format("\nUsage: {} COMMAND [OPTIONS] DRIVE\n\nSupported COMMANDs:\n\n", program);
  for (const Command& command : kCommands) {
    text += format("    {:<15}  {}\n", command.name, command.comment);
  }
  return text + format("\nFor more detailed usage, use {} COMMAND -h\n\n", program);
}

const Command* find_command(std::string_view word) {
  const Command* match = nullptr;
  for (const Command& command : kCommands) {
    if (command.name == word) return &command;
    if (!command.name.starts_with(word)) continue;
    if (match != nullptr) return nullptr;
    match = &command;
  }
  return match;
}

}  // namespace

Outcome run_cgpt(const std::vector<std::string>& words, const DeviceTree& tree, Random& random) {
  const std::string path = words.empty() ? "cgpt" : words.front();
  const std::string program = path.substr(path.rfind('/') + 1);
  const Command* command = words.size() < 2 ? nullptr : find_command(words[1]);
  if (command == nullptr) return {kFailed, usage(program), ""};
  Report report(program, words[1]);
  Call call{report, tree, random, {words.begin() + 2, words.end()}};
  const int code = command->run(call);
  return {code, report.out(), report.err()};
}

std::optional<int> take_options(Report& report, const Options& parsed, const std::string& usage,
                                const std::function<void(const Option&)>& take) {
  for (const Option& option : parsed.options) {
    if (option.kind == Option::Kind::kUnknown) {
      report.refuse(format("unrecognized option: -{}\n", option.letter));
    } else if (option.kind == Option::Kind::kLacksArgument) {
      report.refuse(format("missing argument to -{}\n", option.letter));
    } else if (option.letter == 'h') {
      report.print(usage);
      return kDone;
    } else {
      take(option);
    }
  }
  return std::nullopt;
}

std::optional<int> end_options(Report& report, const std::string& usage) {
  if (report.refusals() == 0) return std::nullopt;
  report.print(usage);
  return kFailed;
}

uint64_t take_number(Report& report, const Option& option) {
  const Number number = parse_number(option.argument);
  if (!number.is_whole) {
    report.refuse(format("invalid argument to -{}: \"{}\"\n", option.letter, option.argument));
  }
  return number.value;
}

int take_small(Report& report, const Option& option, int highest) {
  const int number = static_cast<int>(take_number(report, option));
  if (number < 0 || number > highest) {
    report.refuse(format("value for -{} must be between 0 and {}", option.letter, highest));
    return 0;
  }
  return number;
}

gpt::Guid take_type(Report& report, const Option& option) {
  const auto type = gpt::type_of_alias(option.argument);
  return type ? *type : take_guid(report, option);
}

gpt::Guid take_guid(Report& report, const Option& option) {
  const auto guid = gpt::parse_guid(option.argument);
  if (!guid) {
    report.print("FAILED\n");
    report.refuse(format("invalid argument to -{}: {}\n", option.letter, option.argument));
  }
  return guid.value_or(gpt::Guid{});
}

std::string aliases_text() {
  std::string text = "The partition type may also be given as one of these aliases:\n\n";
  for (const gpt::TypeAlias& alias : gpt::type_aliases()) {
    text += format("    {:<16}  {}\n", alias.name, alias.description);
  }
  return text + "\n";
}

std::optional<Drive> open_drive(Report& report, const std::string& path,
                                const DriveOptions& options) {
  auto drive = Drive::open(path, options);
  if (drive) return *std::move(drive);
  report.error(drive.error().message() + "\n");
  return std::nullopt;
}

std::optional<Opened> open_usable(Report& report, const std::string& path, bool write) {
  auto drive = open_drive(report, path, {.write = write});
  if (!drive) return std::nullopt;
  gpt::Inspection found = drive->inspect();
  if (!found.is_usable()) {
    report.error(sanity_text(found.verdict) + "\n");
    return std::nullopt;
  }
  return Opened{*std::move(drive), std::move(found)};
}

std::optional<Partition> resolve(Call& call, const std::string& path, uint32_t number) {
  auto partition = resolve_drive(call.tree, path, number);
  if (partition) return *std::move(partition);
  call.report.error(partition.error().message() + "\n");
  return std::nullopt;
}

int carry_out(Report& report, Drive& drive, const gpt::Plan& plan) {
  const auto done = drive.carry_out(plan);
  if (done) return kDone;
  report.error(done.error().message() + "\n");
  return kFailed;
}

}  // namespace argosy::os
