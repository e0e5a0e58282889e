// cgpt legacy: hides the table from everything but ChromeOS firmware, and back.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "parts/os/cgpt/command.h"

namespace argosy::os {
namespace {

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} legacy [OPTIONS] DRIVE\n\n"
      "Switch GPT header signature to \"CHROMEOS\".\n\n"
      "Options:\n"
      "  -e           Switch GPT header signature back to \"EFI PART\"\n"
      "\n",
      report.program());
}

int switch_signature(Report& report, const std::string& path, bool is_back) {
  auto opened = open_usable(report, path, true);
  if (!opened) return kFailed;
  if (!is_back) return carry_out(report, opened->drive, gpt::plan_hide(opened->found));
  gpt::Table table = gpt::table_of(opened->found);
  table.signature = gpt::Signature::kEfi;
  return carry_out(report, opened->drive, gpt::plan_update(opened->found, table, std::nullopt));
}

}  // namespace

int run_legacy(Call& call) {
  Report& report = call.report;
  bool is_back = false;
  const Options parsed = parse_options(call.arguments, "he");
  const auto ended =
      take_options(report, parsed, usage(report), [&](const Option&) { is_back = true; });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.print(usage(report));
    return kFailed;
  }
  return switch_signature(report, parsed.operands.front(), is_back);
}

}  // namespace argosy::os
