// What update_engine's command line says. All paths of the machine lie below `root`, but for
// devices, which are taken as they are.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy::update_engine {

struct Options {
  bool help = false;
  bool foreground = false;
  // Ours; docs/update_engine.md.
  std::string root = "/";
  std::string family;  // "coreos", "flatcar"; empty: as /usr/share says
  std::string usr_device;
  std::string other_usr_device;
  std::string rootdev = "/usr/bin/rootdev";
  std::string set_good_root;  // the program; empty: the family's
  std::string temporary_directory = "/tmp";
  int64_t time_divisor = 1;

  // Of the program's own waits: that much shorter.
  Duration shortened(Duration wait) const { return wait / time_divisor; }
  std::string path(std::string_view absolute) const;
};

// InvalidArgument with gflags' text.
Result<Options> parse_options(const std::vector<std::string>& arguments);
std::string usage(std::string_view program);

}  // namespace argosy::update_engine
