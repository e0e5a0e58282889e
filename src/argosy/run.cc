#include <cstdio>
#include <cstdlib>
#include <unistd.h>

#include "argosy/supervisor.h"
#include "argosy/verbs.h"
#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy {
namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value != nullptr ? value : "";
}

// The XDG base directories' place for state; root's is the system's.
std::string default_data() {
  if (::geteuid() == 0) return "/var/lib/argosy";
  const std::string state = variable("XDG_STATE_HOME");
  if (!state.empty()) return join_path(state, "argosy");
  return join_path(variable("HOME"), ".local/state/argosy");
}

std::string absolute(const std::string& path) {
  if (path.starts_with('/')) return path;
  char* here = ::getcwd(nullptr, 0);
  const std::string full = join_path(here != nullptr ? here : "/", path);
  std::free(here);  // NOLINT: getcwd(3) says so
  return full;
}

Result<int> dispatch(const Options& options) {
  switch (options.verb) {
    case Verb::kUp:
      return up(options);
    case Verb::kStatus:
      return status(options);
    case Verb::kDown:
      return down(options);
    case Verb::kLogs:
      return logs(options);
    case Verb::kSupervise:
      TRY(supervise(options.data, options.etcd));
      return 0;
    case Verb::kHelp:
      break;
  }
  std::fputs(help_text(default_data()).c_str(), stdout);
  return 0;
}

}  // namespace

int run(const std::vector<std::string>& arguments) {
  auto options = parse_options(arguments, default_data());
  if (!options) {
    std::fprintf(stderr, "argosy: %s\nTry: argosy help\n", options.error().text().c_str());
    return 2;
  }
  options->data = absolute(options->data);
  if (!options->etcd.empty()) options->etcd = absolute(options->etcd);
  const auto code = dispatch(*options);
  if (code) return *code;
  // Only one supervisor serves a directory; who came second has nothing to do.
  const bool is_second =
      options->verb == Verb::kSupervise && code.error().code() == Code::kAlreadyExists;
  std::fprintf(stderr, "argosy: %s\n", code.error().text().c_str());
  return is_second ? 0 : 1;
}

}  // namespace argosy
