// update_engine_stub: says that a machine runs which is not to be updated.
#include <csignal>
#include <cstdio>

#include "parts/update_engine/daemon/stub.h"

int main(int argc, char** argv) {
  using namespace argosy;
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = update_engine::parse_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return 1;
  }
  if (options->help) {
    std::printf("%s", update_engine::usage("update_engine_stub").c_str());
    return 1;
  }
  return update_engine::run_stub(*options);
}
