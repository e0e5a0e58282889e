#include <algorithm>
#include <cerrno>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/pod/pod.h"
#include "sys/file/disk.h"

namespace argosy::rkt {
namespace {

constexpr uint32_t kPodMode = 0750;
constexpr uint32_t kPlaceMode = 02750;
constexpr int kTries = 3;

bool is_same(int fd, const std::string& path) {
  struct stat open{};
  struct stat named{};
  if (::fstat(fd, &open) != 0 || ::stat(path.c_str(), &named) != 0) return false;
  return open.st_ino == named.st_ino && open.st_dev == named.st_dev;
}

// Whether somebody holds the lock of an open directory.
Result<bool> is_locked(Fd fd) {
  return !TRY(FileLock::try_take(std::move(fd), LockMode::kShared)).has_value();
}

}  // namespace

std::string new_uuid(Random& random) {
  Bytes raw;
  append_be64(raw, random.next());
  append_be64(raw, random.next());
  raw[6] = static_cast<char>((raw[6] & 0x0f) | 0x40);
  raw[8] = static_cast<char>((raw[8] & 0x3f) | 0x80);
  std::string out = to_hex(raw);
  for (const size_t at : {20U, 16U, 12U, 8U}) out.insert(at, 1, '-');
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool is_hex = (text[i] >= '0' && text[i] <= '9') || (text[i] >= 'a' && text[i] <= 'f');
    if (is_dash ? text[i] != '-' : !is_hex) return false;
  }
  return true;
}

Result<void> Pods::prepare() const {
  for (const Place place : kPlaces) {
    TRY(real_disk().make_directories(join_path(root_, name_of(place)), kPlaceMode));
  }
  return {};
}

Result<Pod> Pods::create(Random& random) const {
  Pod pod(root_, new_uuid(random), Place::kEmbryo);
  const std::string path = pod.path();
  if (::mkdir(path.c_str(), kPodMode) != 0) return fail(system_error("mkdir " + path, errno));
  TRY(pod.lock());
  TRY(pod.move_to(Place::kPrepare));
  return pod;
}

// A pod moves towards the end of the list only: what is in none of the places after one look at
// each is gone, unless it moved between opening and looking at the lock.
Result<Pod> Pods::open(const std::string& uuid) const {
  if (!is_uuid(uuid))
    return fail(Code::kInvalidArgument, format("invalid UUID {}", go_quote(uuid)));
  for (int i = 0; i < kTries; ++i) {
    bool has_moved = false;
    for (const Place place : kPlaces) {
      Pod pod(root_, uuid, place);
      auto fd = open_directory(pod.path());
      if (!fd && fd.error().code() == Code::kNotFound) continue;
      if (!fd) return fail(std::move(fd).error());
      Fd same = TRY(open_directory(pod.path()));
      pod.is_locked_ = TRY(is_locked(std::move(*fd)));
      if (is_same(same.get(), pod.path())) return pod;
      has_moved = true;
    }
    if (!has_moved) return fail(Code::kNotFound, format("pod {} was not found", go_quote(uuid)));
  }
  return fail(Code::kAborted, format("pod {} does not stay where it is", go_quote(uuid)));
}

Result<std::vector<std::string>> Pods::uuids(const std::vector<Place>& places) const {
  std::vector<std::string> out;
  for (const Place place : places) {
    const std::string path = join_path(root_, name_of(place));
    if (!exists(real_disk(), path)) continue;
    for (std::string& name : TRY(real_disk().list(path))) {
      if (is_uuid(name)) out.push_back(std::move(name));
    }
  }
  return out;
}

Result<std::vector<Pod>> Pods::list(const std::vector<Place>& places) const {
  std::vector<std::string> names = TRY(uuids(places));
  std::ranges::sort(names);
  const auto repeated = std::ranges::unique(names);
  names.erase(repeated.begin(), repeated.end());
  std::vector<Pod> out;
  for (const std::string& name : names) {
    auto pod = open(name);
    if (!pod && pod.error().code() == Code::kNotFound) continue;
    if (!pod) return fail(std::move(pod).error());
    if (std::ranges::find(places, pod->place()) != places.end()) out.push_back(std::move(*pod));
  }
  return out;
}

Result<Pod> Pods::find(std::string_view prefix) const {
  const std::string wanted = to_lower(prefix);
  if (wanted.empty()) return fail(Code::kInvalidArgument, "UUID cannot be empty");
  std::vector<std::string> matches =
      TRY(uuids({Place::kRun, Place::kExitedGarbage, Place::kPrepare, Place::kPrepared}));
  std::erase_if(matches, [&](const std::string& uuid) { return !uuid.starts_with(wanted); });
  std::ranges::sort(matches);
  const auto repeated = std::ranges::unique(matches);
  matches.erase(repeated.begin(), repeated.end());
  if (matches.empty()) {
    return fail(Code::kNotFound, format("no matches found for {}", go_quote(wanted)));
  }
  if (matches.size() > 1) {
    return fail(Code::kInvalidArgument, format("ambiguous UUID, {} matches", matches.size()));
  }
  return open(matches.front());
}

}  // namespace argosy::rkt
