// The main of a program with gflags: what it was told, or help or an error, and exit code 1.
#pragma once

#include <csignal>
#include <cstdio>
#include <string>
#include <vector>

#include "base/result.h"

namespace argosy::update_engine {

template <class Options>
int run_program(int argc, char** argv, Result<Options> (*parse)(const std::vector<std::string>&),
                std::string (*usage)(std::string_view), const char* name,
                int (*run)(const Options&)) {
  std::signal(SIGPIPE, SIG_IGN);
  const Result<Options> options = parse({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return 1;
  }
  if (!options->help) return run(*options);
  // gflags leaves with 1 after its help, too.
  std::printf("%s", usage(name).c_str());
  return 1;
}

}  // namespace argosy::update_engine
