// What was asked of `argosy`: one verb and its options.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy {

enum class Verb : uint8_t { kHelp, kUp, kStatus, kDown, kLogs, kSupervise };

struct Options {
  Verb verb = Verb::kHelp;
  std::string data;  // where the cluster lives
  bool json = false;
  uint64_t members = 0;  // up: 0 means as it is, or 3
  uint64_t port = 0;     // up: the first client port; 0 means 2379 or the next free
  std::string etcd;      // up, supervise: the member's program; empty: beside argosy
  Duration wait{};       // up: how long the cluster may take to become healthy
  bool purge = false;    // down
  std::string member;    // logs
  bool follow = false;   // logs
  uint64_t lines = 0;    // logs: the last so many; 0: all
};

// InvalidArgument says what is wrong and what would be right. `default_data` is the
// directory to use when none is given.
Result<Options> parse_options(const std::vector<std::string>& arguments,
                              const std::string& default_data);

std::string help_text(const std::string& default_data);

}  // namespace argosy
