// update_engine_client: asks update_engine on D-Bus.
#include <csignal>
#include <cstdio>

#include "parts/update_engine/client/client.h"

int main(int argc, char** argv) {
  using namespace argosy;
  std::signal(SIGPIPE, SIG_IGN);
  const auto options = update_engine::parse_client_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return 1;
  }
  // gflags leaves with 1 after its help, too.
  if (options->help) {
    std::printf("%s", update_engine::client_usage("update_engine_client").c_str());
    return 1;
  }
  return update_engine::run_client(*options);
}
