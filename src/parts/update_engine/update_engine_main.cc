// update_engine: installs updates of /usr in the background.
#include <csignal>
#include <cstdio>

#include "parts/update_engine/daemon/daemon.h"

int main(int argc, char** argv) {
  using namespace argosy;
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = update_engine::parse_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return 1;
  }
  // gflags leaves with 1 after its help, too.
  if (options->help) {
    std::printf("%s", update_engine::usage("update_engine").c_str());
    return 1;
  }
  return update_engine::run_daemon(*options);
}
