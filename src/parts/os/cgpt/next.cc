// cgpt next: which /usr to boot, of one disk or of all; a try is taken from it.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "lib/gpt/slots.h"
#include "parts/os/cgpt/command.h"

namespace argosy::os {
namespace {

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} next\n\n"
      "Look at all of the system disks and find the disk UUID we should attempt.\n"
      "\n"
      "Of the root partitions that have booted before (successful) or that have\n"
      "tries left, the one with the highest priority is printed; a try is taken\n"
      "from it if it has any.\n"
      "\n",
      report.program());
}

struct Candidates {
  std::vector<std::string> paths;
  std::vector<gpt::Table> tables;
};

void look_at(Report& report, const std::string& path, Candidates& candidates) {
  const auto opened = open_usable(report, path, false);
  if (!opened) return;
  candidates.paths.push_back(path);
  candidates.tables.push_back(gpt::table_of(opened->found));
}

int boot_slot(Report& report, const std::string& path, uint32_t number) {
  auto opened = open_usable(report, path, true);
  if (!opened) return kFailed;
  gpt::Table table = gpt::table_of(opened->found);
  gpt::Entry& slot = table.entries[number - 1];
  gpt::take_try(slot);
  report.print(gpt::to_lower_text(slot.unique) + "\n");
  return carry_out(report, opened->drive, gpt::plan_update(opened->found, table, std::nullopt));
}

}  // namespace

int run_next(Call& call) {
  Report& report = call.report;
  const Options parsed = parse_options(call.arguments, "h");
  if (const auto ended = take_options(report, parsed, usage(report), [](const Option&) {})) {
    return *ended;
  }
  if (const auto refused = end_options(report, usage(report))) return *refused;
  Candidates candidates;
  if (!parsed.operands.empty()) {
    look_at(report, parsed.operands.front(), candidates);
  } else {
    const auto disks = whole_disks(call.tree);
    if (!disks) report.print_error("can't read /proc/partitions: " + disks.error().text() + "\n");
    if (disks) {
      for (const std::string& disk : *disks) look_at(report, disk, candidates);
    }
  }
  const auto slot = gpt::slot_for_cgpt(candidates.tables);
  return slot ? boot_slot(report, candidates.paths[slot->disk], slot->number) : kFailed;
}

}  // namespace argosy::os
