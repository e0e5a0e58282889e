// What cgpt's commands are given and what they share. A command is a function of a Call
// that returns the exit code: 0, or 1 for everything else.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lib/gpt/guid.h"
#include "lib/gpt/inspect.h"
#include "parts/os/cgpt/options.h"
#include "parts/os/cgpt/report.h"
#include "parts/os/drive/devices.h"
#include "parts/os/drive/drive.h"
#include "sys/random/random.h"

namespace argosy::os {

inline constexpr int kDone = 0;
inline constexpr int kFailed = 1;

struct Call {
  Report& report;
  const DeviceTree& tree;
  Random& random;
  std::vector<std::string> arguments;  // after the command's name
};

int run_create(Call& call);
int run_add(Call& call);
int run_show(Call& call);
int run_repair(Call& call);
int run_boot(Call& call);
int run_next(Call& call);
int run_find(Call& call);
int run_prioritize(Call& call);
int run_legacy(Call& call);
int run_resize(Call& call);

// argv with the program's name first; a command by any unique prefix.
struct Outcome {
  int exit_code = kFailed;
  std::string out;
  std::string err;
};
Outcome run_cgpt(const std::vector<std::string>& words, const DeviceTree& tree, Random& random);

// -- Options.

// Hands each known option to `take` until -h, which ends the command well: the exit code
// then. Otherwise nothing; report.refusals() says whether it went well.
std::optional<int> take_options(Report& report, const Options& parsed, const std::string& usage,
                                const std::function<void(const Option&)>& take);
// Shows the usage if anything was refused: the exit code then.
std::optional<int> end_options(Report& report, const std::string& usage);

uint64_t take_number(Report& report, const Option& option);
// 0 to `highest`.
int take_small(Report& report, const Option& option, int highest);
// By alias or as a GUID.
gpt::Guid take_type(Report& report, const Option& option);
gpt::Guid take_guid(Report& report, const Option& option);
// The list of aliases that ends the help of add and find.
std::string aliases_text();

// -- Drives. The errors are reported already when there is nothing.

struct Opened {
  Drive drive;
  gpt::Inspection found;
};
std::optional<Drive> open_drive(Report& report, const std::string& path,
                                const DriveOptions& options);
// With a table that can be used.
std::optional<Opened> open_usable(Report& report, const std::string& path, bool write);
std::optional<Partition> resolve(Call& call, const std::string& path, uint32_t number);
int carry_out(Report& report, Drive& drive, const gpt::Plan& plan);

}  // namespace argosy::os
