// locksmithctl and locksmithd: one program, whose name decides.
#include <csignal>
#include <cstdio>
#include <string>
#include <unistd.h>

#include "base/format.h"
#include "parts/locksmith/ctl/ctl.h"
#include "parts/locksmith/daemon/daemon.h"

namespace argosy::locksmith {
namespace {

Environment environment() {
  Environment variables;
  for (char** entry = ::environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      variables.emplace(text.substr(0, equals), text.substr(equals + 1));
    }
  }
  return variables;
}

int end(const Ending& ending) {
  std::fwrite(ending.out.data(), 1, ending.out.size(), stdout);
  std::fwrite(ending.err.data(), 1, ending.err.size(), stderr);
  return ending.code;
}

int start(const std::string& program, const std::vector<std::string>& arguments) {
  const Environment variables = environment();
  const bool is_daemon = program == "locksmithd";
  const auto options =
      parse_options(arguments, is_daemon ? "LOCKSMITHD" : "LOCKSMITHCTL", variables);
  if (!options) return end(options.error());
  if (options->version) {
    return end({.code = 0, .out = format("{} version {}\n", program, kVersion), .err = {}});
  }
  return is_daemon ? run_daemon(*options, variables) : end(run_ctl(*options, variables));
}

}  // namespace
}  // namespace argosy::locksmith

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const std::string path = argc > 0 ? argv[0] : "locksmithctl";
  return argosy::locksmith::start(path.substr(path.rfind('/') + 1), {argv + 1, argv + argc});
}
