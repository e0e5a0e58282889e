// cgpt prioritize: the order in which /usr partitions are tried.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "parts/os/cgpt/command.h"

namespace argosy::os {
namespace {

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} prioritize [OPTIONS] DRIVE\n\n"
      "Reorder the priority of all active root partitions.\n\n"
      "Options:\n"
      "  -P NUM       Highest priority to use; the others follow in their order,\n"
      "                 and the lowest share a priority if there are too many.\n"
      "                 What is active never gets priority 0.\n"
      "  -i NUM       Specify the partition to make the highest in the new\n"
      "                 order.\n"
      "  -f           Friends of the given partition (those with the same\n"
      "                 starting priority) are also updated to the new\n"
      "                 highest priority.\n"
      "\n"
      "With no options the lowest active partition gets priority 1 and the\n"
      "order stays.\n"
      "\n",
      report.program());
}

void take(Report& report, const Option& option, gpt::Prioritization& wanted) {
  if (option.letter == 'f') {
    wanted.with_friends = true;
    return;
  }
  const uint64_t number = take_number(report, option);
  if (option.letter == 'i') {
    wanted.number = static_cast<uint32_t>(number);
    return;
  }
  if (number < 1 || number > uint64_t{gpt::kMaxPriority}) {
    report.refuse(
        format("value for -{} must be between 1 and {}\n", option.letter, gpt::kMaxPriority));
  }
  wanted.highest = static_cast<int>(number);
}

int prioritize(Report& report, const std::string& path, const gpt::Prioritization& wanted) {
  auto opened = open_usable(report, path, true);
  if (!opened) return kFailed;
  gpt::Table table = gpt::table_of(opened->found);
  if (const auto done = gpt::prioritize(table, wanted); !done) {
    report.error(done.error().message() + "\n");
    return kFailed;
  }
  return carry_out(report, opened->drive, gpt::plan_update(opened->found, table, std::nullopt));
}

}  // namespace

int run_prioritize(Call& call) {
  Report& report = call.report;
  gpt::Prioritization wanted;
  const Options parsed = parse_options(call.arguments, "hi:fP:");
  const auto ended = take_options(report, parsed, usage(report),
                                  [&](const Option& option) { take(report, option, wanted); });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  const uint32_t number = wanted.number.value_or(0);
  if (wanted.with_friends && number == 0) {
    report.error("the -f option is only useful with the -i option\n");
    report.print(usage(report));
    return kFailed;
  }
  if (parsed.operands.empty()) {
    report.error("missing drive argument\n");
    return kFailed;
  }
  const auto drive = resolve(call, parsed.operands.front(), number);
  if (!drive) return kFailed;
  wanted.number = drive->number != 0 ? std::optional(drive->number) : std::nullopt;
  return prioritize(report, drive->disk, wanted);
}

}  // namespace argosy::os
