// What locksmithctl and locksmithd are told: the original's flags and their environment,
// and this implementation's additions, which are variables of the environment only, so
// that the original's help stays as it is.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy::locksmith {

inline constexpr std::string_view kVersion = "0.6.2+git";

using Environment = std::map<std::string, std::string, std::less<>>;

struct Options {
  bool debug = false;
  bool version = false;
  std::vector<std::string> endpoints;
  std::string key_file;
  std::string cert_file;
  std::string ca_file;
  std::string username;
  std::string password;
  std::string group;
  // What follows the flags.
  std::vector<std::string> words;
};

// The program's last words instead of a run.
struct Ending {
  int code = 0;
  std::string out;
  std::string err;
};

// Flags, then PREFIX_FLAG for those that were not given; a variable that makes no sense
// is passed over. Flags that make none end the program, as -h does.
std::expected<Options, Ending> parse_options(const std::vector<std::string>& arguments,
                                             std::string_view prefix,
                                             const Environment& environment);
// A command's own flags, of which the original has none: what follows them.
std::expected<std::vector<std::string>, Ending> parse_command(
    const std::vector<std::string>& arguments);

struct FlagLine {
  std::string name;
  std::string initial;
  std::string help;
  bool is_boolean = false;
  bool is_list = false;
};
// By name.
const std::vector<FlagLine>& flag_lines();

// A variable, or the empty text.
std::string_view value_of(const Environment& environment, std::string_view name);
// A Go duration in a variable; `initial` when it is not set; InvalidArgument names it.
Result<Duration> duration_of(const Environment& environment, std::string_view name,
                             Duration initial);

}  // namespace argosy::locksmith
