// cgpt resize: a partition device into the free space after it.
#include "base/format.h"
#include "parts/os/cgpt/command.h"
#include "parts/os/drive/grow.h"

namespace argosy::os {
namespace {

std::string usage(const Report& report) {
  return format(
      "\nUsage: {} resize /dev/blk1\n\n"
      "Resize the given partition if it has free space to grow into.\n"
      "The default minimum size to grow by is 2MB.\n\n"
      "Options:\n"
      "  -m NUM       Do nothing unless partition can grow by NUM bytes\n"
      "\n",
      report.program());
}

}  // namespace

int run_resize(Call& call) {
  Report& report = call.report;
  uint64_t min_bytes = kMinGrowthBytes;
  const Options parsed = parse_options(call.arguments, "hm:");
  const auto ended = take_options(report, parsed, usage(report), [&](const Option& option) {
    min_bytes = take_number(report, option);
  });
  if (ended) return *ended;
  if (const auto refused = end_options(report, usage(report))) return *refused;
  if (parsed.operands.empty()) {
    report.error("missing partition argument\n");
    return kFailed;
  }
  const auto growth = grow_partition(call.tree, parsed.operands.front(), min_bytes);
  if (growth) return kDone;
  report.error(growth.error().message() + "\n");
  return kFailed;
}

}  // namespace argosy::os
