// cgpt repair: what is bad is made again from what is good.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/drive/sanity.h"

namespace argosy::os {
namespace {

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} repair [OPTIONS] DRIVE\n\n"
      "Repair damaged GPT headers and tables.\n\n"
      "Options:\n"
      "  -v           Verbose\n"
      "\n",
      report.program());
}

void print_pieces(Report& report, const gpt::Plan& plan) {
  const auto print = [&](gpt::Piece piece, std::string_view text) {
    if (plan.writes(piece)) report.print(text);
  };
  print(gpt::Piece::kPrimaryHeader, "Primary Header is updated.\n");
  print(gpt::Piece::kPrimaryTable, "Primary Entries is updated.\n");
  print(gpt::Piece::kBackupTable, "Secondary Entries is updated.\n");
  print(gpt::Piece::kBackupHeader, "Secondary Header is updated.\n");
}

int repair(Report& report, const std::string& path, bool is_verbose) {
  auto drive = open_drive(report, path, {.write = true});
  if (!drive) return kFailed;
  const gpt::Inspection found = drive->inspect();
  if (is_verbose) report.print(sanity_text(found.verdict) + "\n");
  if (!found.is_usable()) {
    report.error("GptRepair() " + returned_text(found.verdict) + "\n");
    return kFailed;
  }
  if (!found.mbr) report.error("Unable to read PMBR\n");
  const gpt::Table table = gpt::repaired(found);
  gpt::Mbr mbr = found.mbr.value_or(gpt::Mbr());
  mbr.protect(drive->geometry(), table);
  const gpt::Plan plan = gpt::plan_update(found, table, mbr);
  print_pieces(report, plan);
  return carry_out(report, *drive, plan);
}

}  // namespace

int run_repair(Call& call) {
  Report& report = call.report;
  bool is_verbose = false;
  const Options parsed = parse_options(call.arguments, "hv");
  const auto ended =
      take_options(report, parsed, usage(report), [&](const Option&) { is_verbose = true; });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.error("missing drive argument\n");
    return kFailed;
  }
  const auto drive = resolve(call, parsed.operands.front(), 0);
  return drive ? repair(report, drive->disk, is_verbose) : kFailed;
}

}  // namespace argosy::os
