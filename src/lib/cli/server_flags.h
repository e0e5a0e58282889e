// The flags of a server of ours: only flags, each also an environment variable, which counts
// where the command line says nothing. Drop-ins whose words are an original's (etcd,
// locksmithd, update_engine) read theirs themselves. Pure: who calls knows the environment.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/cli/flag_set.h"

namespace argosy::cli {

// What a program says before it ends, and its exit code: 0 after --help, 2 after an error.
struct Ending {
  int code = 0;
  std::string out;
  std::string err;
};

// A variable's value; nullptr where it is not set.
using Environment = std::function<const char*(const char* name)>;

// Nothing: go on.
std::optional<Ending> read_command_line(FlagSet& flags, const std::vector<std::string>& arguments);
// PREFIX_NAME for each flag that was not given; one that is empty counts as not set.
Result<void> read_environment(FlagSet& flags, std::string_view prefix,
                              const Environment& environment);
// The one variable for the flag, where the program has another name for it.
Result<void> read_variable(FlagSet& flags, std::string_view flag, const std::string& variable,
                           const Environment& environment);

}  // namespace argosy::cli
