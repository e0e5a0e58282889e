// cgpt create: an empty table, or none at all.
#include "base/format.h"
#include "lib/gpt/plan.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/drive/sanity.h"

namespace argosy::os {
namespace {

struct Parameters {
  bool erase = false;
  DriveOptions drive{.write = true};
  std::optional<std::string> guid;
};

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} create [OPTIONS] DRIVE\n\n"
      "Create or reset an empty GPT.\n\n"
      "Options:\n"
      "  -c           Create disk image file if needed. Requires -s\n"
      "  -s NUM       Minimum disk sectors, extends image files\n"
      "  -z           Zero the sectors of the GPT table and entries\n"
      "  -g GUID      The desired disk GUID\n"
      "\n",
      report.program());
}

void take(Report& report, const Option& option, Parameters& parameters) {
  switch (option.letter) {
    case 'c':
      parameters.drive.create = true;
      break;
    case 's':
      parameters.drive.min_sectors = take_number(report, option);
      break;
    case 'z':
      parameters.erase = true;
      break;
    default:
      parameters.guid = option.argument;
  }
}

std::optional<gpt::Guid> disk_guid(Call& call, const Parameters& parameters) {
  if (!parameters.guid) return gpt::random_guid(call.random.next(), call.random.next());
  const auto guid = gpt::parse_guid(*parameters.guid);
  if (!guid) {
    call.report.print("FAILED\n");
    call.report.error(format("Provided GUID is invalid: \"{}\"\n", *parameters.guid));
  }
  return guid;
}

int create(Call& call, const std::string& path, const Parameters& parameters) {
  auto drive = open_drive(call.report, path, parameters.drive);
  if (!drive) return kFailed;
  const gpt::Geometry& disk = drive->geometry();
  const gpt::Inspection found = drive->inspect();
  if (found.verdict == gpt::Verdict::kBadSectorSize || found.verdict == gpt::Verdict::kTooSmall) {
    call.report.error(sanity_text(found.verdict) + "\n");
    return kFailed;
  }
  if (parameters.erase) return carry_out(call.report, *drive, gpt::plan_erase(disk));
  const auto guid = disk_guid(call, parameters);
  if (!guid) return kFailed;
  gpt::Mbr mbr;
  mbr.protect(disk);
  return carry_out(call.report, *drive,
                   gpt::plan_update(found, gpt::empty_table(disk, *guid), mbr));
}

}  // namespace

int run_create(Call& call) {
  Report& report = call.report;
  Parameters parameters;
  const Options parsed = parse_options(call.arguments, "hcs:zg:");
  const auto ended = take_options(report, parsed, usage(report),
                                  [&](const Option& option) { take(report, option, parameters); });
  if (ended) return *ended;
  if (parameters.drive.create && parameters.drive.min_sectors == 0) {
    report.refuse("minimum size (-s) is required with create (-c)\n");
  }
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.print(usage(report));
    return kFailed;
  }
  return create(call, parsed.operands.front(), parameters);
}

}  // namespace argosy::os
