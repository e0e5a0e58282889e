#include "parts/rkt/removal/removal.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <sys/mount.h>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/file/fd.h"

namespace argosy::rkt {
namespace {

// "\040" and the like.
std::string unescaped(std::string_view text) {
  const auto is_octal = [](char c) { return c >= '0' && c <= '7'; };
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const std::string_view digits = text.substr(i + 1, 3);
    if (text[i] != '\\' || digits.size() != 3 || !std::ranges::all_of(digits, is_octal)) {
      out += text[i];
      continue;
    }
    out += static_cast<char>((digits[0] - '0') * 64 + (digits[1] - '0') * 8 + (digits[2] - '0'));
    i += 3;
  }
  return out;
}

Result<std::string> read_mountinfo() {
  const char* path = "/proc/self/mountinfo";
  const Fd fd(::open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.is_open()) return fail(system_error(path, errno));
  std::string out;
  std::string buffer(1 << 16, '\0');
  while (true) {
    const ssize_t count = ::read(fd.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error(path, errno));
    if (count == 0) return out;
    out.append(buffer.data(), static_cast<size_t>(count));
  }
}

}  // namespace

std::vector<std::string> mounts_below(std::string_view mountinfo, const std::string& path) {
  std::vector<std::string> out;
  for (const std::string_view line : split(mountinfo, '\n')) {
    const std::vector<std::string_view> fields = split(line, ' ');
    if (fields.size() < 5) continue;
    std::string point = unescaped(fields[4]);
    if (point == path || point.starts_with(path + "/")) out.push_back(std::move(point));
  }
  std::ranges::sort(out, std::greater(), &std::string::size);
  return out;
}

Result<void> unmount_below(const std::string& path) {
  const std::string mountinfo = TRY(read_mountinfo());
  for (const std::string& point : mounts_below(mountinfo, path)) {
    if (::umount2(point.c_str(), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) continue;
    // Gone with one above it.
    if (errno == EINVAL || errno == ENOENT) continue;
    return fail(system_error("unmount " + point, errno));
  }
  return {};
}

Result<void> remove_tree(const std::string& path) {
  const std::string mountinfo = TRY(read_mountinfo());
  const auto mounts = mounts_below(mountinfo, path);
  if (!mounts.empty()) {
    return fail(Code::kFailedPrecondition, format("{} is still mounted", mounts.front()));
  }
  std::error_code error;
  std::filesystem::remove_all(path, error);
  if (error) return fail(system_error("remove " + path, error.value()));
  return {};
}

}  // namespace argosy::rkt
