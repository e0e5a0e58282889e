#include "sys/process/proc.h"

#include <array>
#include <cerrno>
#include <climits>
#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy {
namespace {

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> out;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) out.push_back(word);
  }
  return out;
}

Result<std::string> read_link(const std::string& path) {
  std::array<char, PATH_MAX> target{};
  const ssize_t size = ::readlink(path.c_str(), target.data(), target.size());
  if (size < 0) return fail(system_error("readlink " + path, errno));
  return std::string(target.data(), static_cast<size_t>(size));
}

// Names of entries that are numbers, as those of processes and descriptors are.
std::vector<int> numbers_in(const std::string& directory) {
  std::vector<int> out;
  DIR* stream = ::opendir(directory.c_str());
  if (stream == nullptr) return out;
  while (const dirent* entry = ::readdir(stream)) {
    if (const auto number = parse_uint(entry->d_name)) out.push_back(static_cast<int>(*number));
  }
  ::closedir(stream);
  return out;
}

bool holds(int pid, std::string_view socket) {
  const std::string directory = format("/proc/{}/fd", pid);
  for (const int fd : numbers_in(directory)) {
    const auto target = read_link(format("{}/{}", directory, fd));
    if (target && *target == socket) return true;
  }
  return false;
}

}  // namespace

Result<std::string> read_proc_file(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error("open " + path, errno));
  std::string content;
  std::array<char, 8192> piece{};
  while (true) {
    const ssize_t got = ::read(fd.get(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(system_error("read " + path, errno));
    if (got == 0) return content;
    content.append(piece.data(), static_cast<size_t>(got));
  }
}

std::optional<uint64_t> parse_start_ticks(std::string_view stat) {
  // The name, in parentheses, may hold spaces and parentheses itself.
  const size_t end_of_name = stat.rfind(')');
  if (end_of_name == std::string_view::npos) return std::nullopt;
  const auto fields = words(trim(stat.substr(end_of_name + 1)));
  constexpr size_t kState = 0;
  constexpr size_t kStartTime = 19;
  if (fields.size() <= kStartTime || fields[kState] == "Z") return std::nullopt;
  return parse_uint(fields[kStartTime]);
}

std::optional<uint64_t> start_ticks(int pid) {
  const auto stat = read_proc_file(format("/proc/{}/stat", pid));
  return stat ? parse_start_ticks(*stat) : std::nullopt;
}

std::optional<ProcessIdentity> identify(int pid) {
  const auto ticks = start_ticks(pid);
  if (!ticks) return std::nullopt;
  return ProcessIdentity{pid, *ticks};
}

std::string process_name(int pid) {
  const auto name = read_proc_file(format("/proc/{}/comm", pid));
  return name ? std::string(trim(*name)) : std::string();
}

std::string boot_id() {
  const auto id = read_proc_file("/proc/sys/kernel/random/boot_id");
  return id ? std::string(trim(*id)) : std::string();
}

Result<std::string> own_program() {
  return read_link("/proc/self/exe");
}

std::string PortHolder::text() const {
  if (pid == 0) return "another user's process";
  return format("{} (pid {})", name, pid);
}

std::optional<uint64_t> parse_listener(std::string_view table, uint16_t port) {
  constexpr std::string_view kListening = "0A";
  const std::string ending = format(":{:04X}", port);
  for (const std::string_view line : split(table, '\n')) {
    const auto fields = words(line);
    constexpr size_t kLocal = 1;
    constexpr size_t kState = 3;
    constexpr size_t kInode = 9;
    if (fields.size() <= kInode || fields[kState] != kListening) continue;
    if (fields[kLocal].ends_with(ending)) return parse_uint(fields[kInode]);
  }
  return std::nullopt;
}

std::optional<PortHolder> holder_of_port(uint16_t port) {
  for (const char* path : {"/proc/net/tcp", "/proc/net/tcp6"}) {
    const auto table = read_proc_file(path);
    const auto inode = table ? parse_listener(*table, port) : std::nullopt;
    if (!inode) continue;
    const std::string socket = format("socket:[{}]", *inode);
    for (const int pid : numbers_in("/proc")) {
      if (holds(pid, socket)) return PortHolder{pid, process_name(pid)};
    }
    return PortHolder{};
  }
  return std::nullopt;
}

}  // namespace argosy
