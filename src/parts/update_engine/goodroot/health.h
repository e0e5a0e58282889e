// What has to be running before a version is marked good: units named in files of two
// directories. docs/formats/health-gate.md is the format.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

struct HealthGate {
  std::vector<std::string> units;  // as systemd names them, none twice
  Duration limit{};                // the longest that a file asks for

  bool operator==(const HealthGate&) const = default;
  bool is_open() const { return units.empty(); }
};

inline constexpr Duration kDefaultHealthLimit = minutes(2);
// update_engine ends the program that asks after five minutes.
inline constexpr Duration kLongestHealthLimit = minutes(4);
inline constexpr std::string_view kHealthDirectories[] = {"/etc/update_engine/health.d",
                                                          "/usr/lib/update_engine/health.d"};

// InvalidArgument with the line for what is no such file.
Result<HealthGate> parse_health(std::string_view text);

// All *.conf below `root`; a file of the first directory hides that of the same name in the
// second, and an empty one asks for nothing. A bad file is an error: who can't tell what is
// asked for can't say that it is there.
Result<HealthGate> read_health(Disk& disk, const std::string& root);

}  // namespace argosy::update_engine
