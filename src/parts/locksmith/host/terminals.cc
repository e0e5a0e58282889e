#include "parts/locksmith/host/terminals.h"

#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <unistd.h>
#include <utmp.h>

#include "parts/locksmith/strategy/texts.h"
#include "sys/file/disk.h"
#include "sys/file/fd.h"

namespace argosy::locksmith {
namespace {

std::string local_time_text(WallTime now, Duration since_start) {
  const auto moment =
      static_cast<std::time_t>(std::chrono::floor<seconds>(now.time_since_epoch()).count());
  std::tm local{};
  ::localtime_r(&moment, &local);
  return go_time_text(now, local.tm_gmtoff, local.tm_zone, since_start);
}

std::vector<std::string> lines_in_use(const std::string& root) {
  std::vector<std::string> lines;
  const std::string path = join_path(root, "var/run/utmp");
  ::utmpname(path.c_str());
  ::setutent();
  while (const utmp* entry = ::getutent()) {
    // Not always terminated.
    lines.emplace_back(entry->ut_line, ::strnlen(entry->ut_line, sizeof entry->ut_line));
  }
  ::endutent();
  return lines;
}

}  // namespace

size_t broadcast(const std::string& root, const std::string& message, WallTime now,
                 Duration since_start) {
  const std::string text = broadcast_text(local_time_text(now, since_start), message);
  size_t opened = 0;
  for (const std::string& line : lines_in_use(root)) {
    if (line.empty() || line.find("..") != std::string::npos) continue;
    const std::string path = join_path(join_path(root, "dev"), line);
    const Fd terminal(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!terminal.is_open()) continue;
    ++opened;
    const ssize_t written = ::write(terminal.get(), text.data(), text.size());
    (void)written;
  }
  return opened;
}

}  // namespace argosy::locksmith
