#include "sys/process/usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include "base/text.h"
#include "sys/file/disk.h"

namespace argosy {
namespace {

// /proc/self/stat behind the command's name, which may hold spaces; its field 3 is
// the first here.
std::vector<std::string> stat_fields(const Bytes& text) {
  std::vector<std::string> fields;
  const size_t end_of_name = text.rfind(')');
  if (end_of_name == Bytes::npos) return fields;
  for (const std::string_view field : split(trim(BytesView(text).substr(end_of_name + 1)), ' ')) {
    fields.emplace_back(field);
  }
  return fields;
}

// Files of /proc have no size, so they are read by a fixed piece.
Bytes read_proc(const std::string& path) {
  auto file = real_disk().open(path, {.write = false});
  if (!file) return {};
  Bytes text(64 * 1024, '\0');
  const auto size = (*file)->read_at(0, text.data(), text.size());
  text.resize(size.value_or(0));
  return text;
}

double boot_unix_seconds() {
  for (const std::string_view line : split(read_proc("/proc/stat"), '\n')) {
    if (!line.starts_with("btime ")) continue;
    return static_cast<double>(parse_uint(line.substr(6)).value_or(0));
  }
  return 0;
}

}  // namespace

ProcessUsage process_usage() {
  ProcessUsage usage;
  const auto fields = stat_fields(read_proc("/proc/self/stat"));
  const auto number = [&](size_t field) {
    return field - 3 < fields.size() ? parse_uint(fields[field - 3]).value_or(0) : 0;
  };
  const auto ticks_per_second = static_cast<double>(::sysconf(_SC_CLK_TCK));
  usage.virtual_bytes = number(23);
  usage.resident_bytes = number(24) * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
  usage.start_unix_seconds =
      boot_unix_seconds() + static_cast<double>(number(22)) / ticks_per_second;
  rusage self{};
  ::getrusage(RUSAGE_SELF, &self);
  usage.cpu = seconds(self.ru_utime.tv_sec + self.ru_stime.tv_sec) +
              microseconds(self.ru_utime.tv_usec + self.ru_stime.tv_usec);
  if (const auto open = real_disk().list("/proc/self/fd")) usage.open_fds = open->size();
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) usage.max_fds = limit.rlim_cur;
  return usage;
}

}  // namespace argosy
