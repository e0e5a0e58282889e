// delta_generator: update payloads made, signed, verified and applied.
#include <cstdio>

#include "parts/update_engine/delta_generator/modes.h"

int main(int argc, char** argv) {
  using namespace argosy;
  const auto options = update_engine::parse_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "%s\n", options.error().text().c_str());
    return 1;
  }
  // gflags leaves with 1 after its help, too.
  if (options->help) {
    std::printf("%s", update_engine::usage().c_str());
    return 1;
  }
  if (const auto done = update_engine::run(real_disk(), *options); !done) {
    std::fprintf(stderr, "delta_generator: %s\n", done.error().text().c_str());
    return 1;
  }
  return 0;
}
