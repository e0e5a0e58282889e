#include "parts/rkt/pod/pod.h"

#include <array>
#include <cerrno>
#include <sys/stat.h>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "lib/json/json.h"
#include "sys/file/disk.h"

namespace argosy::rkt {
namespace {

constexpr uint64_t kMostText = 16 << 20;

enum class Which : uint8_t { kContent, kAll };

std::optional<WallTime> time_of(const std::string& path, Which which) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return std::nullopt;
  const timespec& time = which == Which::kContent ? info.st_mtim : info.st_ctim;
  return WallTime(seconds(time.tv_sec) + nanoseconds(time.tv_nsec));
}

std::optional<int> number_in(const Result<std::string>& text) {
  if (!text) return std::nullopt;
  const auto number = parse_int(trim(*text));
  if (!number || *number < 0 || *number > INT32_MAX) return std::nullopt;
  return static_cast<int>(*number);
}

}  // namespace

std::string Pod::path() const {
  return format("{}/{}/{}", root_, name_of(place_), uuid_);
}

Result<void> Pod::lock() {
  if (lock_.is_held()) return {};
  Fd directory = TRY(open_directory(path()));
  auto lock = TRY(FileLock::try_take(std::move(directory), LockMode::kExclusive));
  if (!lock) {
    is_locked_ = true;
    return fail(Code::kAborted, format("pod {} is locked by another process", go_quote(uuid_)));
  }
  lock_ = std::move(*lock);
  is_locked_ = true;
  return {};
}

void Pod::unlock() {
  if (!lock_.is_held()) return;
  lock_ = FileLock();
  is_locked_ = false;
}

// As in rkt only the directory that it moves to is synced.
Result<void> Pod::move_to(Place place) {
  check(may_move(place_, place), "pods move towards the end of their lives");
  const std::string from = path();
  const std::string directory = format("{}/{}", root_, name_of(place));
  TRY(real_disk().make_directories(directory, 02750));
  TRY(real_disk().rename(from, format("{}/{}", directory, uuid_)));
  place_ = place;
  return real_disk().sync_directory(directory);
}

Result<std::string> Pod::read(const std::string& name) const {
  return read_file(real_disk(), join_path(path(), name), kMostText);
}

Result<void> Pod::write(const std::string& name, std::string_view content, uint32_t mode) const {
  return replace_file(real_disk(), join_path(path(), name), content, mode);
}

Result<std::string> Pod::manifest_text() const {
  return read("pod");
}

Result<appc::PodManifest> Pod::manifest() const {
  const std::string text = TRY_CONTEXT(manifest_text(), "error reading pod manifest");
  return TRY_CONTEXT(appc::parse_pod_manifest(text), "invalid pod manifest");
}

std::optional<WallTime> Pod::created() const {
  return time_of(join_path(path(), "pod-created"), Which::kContent);
}

std::optional<WallTime> Pod::started() const {
  for (const char* name : {"pid", "ppid"}) {
    if (const auto time = time_of(join_path(path(), name), Which::kContent)) return time;
  }
  return std::nullopt;
}

std::optional<WallTime> Pod::moved() const {
  return time_of(path(), Which::kAll);
}

std::optional<int> Pod::pid() const {
  if (const auto pid = number_in(read("pid"))) return pid;
  const auto parent = number_in(read("ppid"));
  if (!parent) return std::nullopt;
  // The pod's first process is the parent's first child.
  const std::string children = format("/proc/{}/task/{}/children", *parent, *parent);
  auto file = real_disk().open(children, {.write = false});
  if (!file) return std::nullopt;
  std::array<char, 32> text;
  const auto size = (*file)->read_at(0, text.data(), text.size());
  if (!size) return std::nullopt;
  const std::string_view words(text.data(), *size);
  return number_in(std::string(words.substr(0, words.find(' '))));
}

std::vector<PodNetwork> Pod::networks() const {
  std::vector<PodNetwork> out;
  const auto text = read("net-info.json");
  if (!text) return out;
  const auto value = json::parse(*text);
  if (!value || value->as_array() == nullptr) return out;
  for (const json::Value& item : *value->as_array()) {
    out.push_back(
        {.name = std::string(item.text_of("netName")), .ip4 = std::string(item.text_of("ip"))});
  }
  return out;
}

// While the pod runs its stage1 is mounted; later its upper layer is where the files are.
std::vector<std::string> Pod::status_directories() const {
  std::vector<std::string> out{"stage1/rootfs/rkt/status"};
  if (const auto tree = read("stage1TreeStoreID")) {
    out.push_back(format("overlay/{}/upper/rkt/status", trim(*tree)));
  }
  return out;
}

AppStatus Pod::app_status(const std::string& app) const {
  AppStatus out{.name = app, .state = "unknown"};
  for (const std::string& directory : status_directories()) {
    const std::string name = join_path(directory, app);
    const std::string file = join_path(path(), name);
    if (!out.exit_code) out.exit_code = number_in(read(name));
    if (!out.finished) out.finished = time_of(file, Which::kContent);
    if (!out.created) out.created = time_of(file + "-created", Which::kContent);
    if (!out.started) out.started = time_of(file + "-started", Which::kContent);
  }
  if (out.exit_code || rkt::has_exited(state())) {
    out.state = "exited";
  } else if (out.started) {
    out.state = "running";
  } else if (out.created) {
    out.state = "created";
  }
  return out;
}

std::vector<std::string> Pod::tree_ids() const {
  std::vector<std::string> out;
  if (const auto tree = read("stage1TreeStoreID")) out.emplace_back(trim(*tree));
  const auto apps = real_disk().list(join_path(path(), "appsinfo"));
  if (!apps) return out;
  for (const std::string& app : *apps) {
    if (const auto tree = read(format("appsinfo/{}/treeStoreID", app))) {
      out.emplace_back(trim(*tree));
    }
  }
  return out;
}

}  // namespace argosy::rkt
