// Pods on disk, DATA/pods/PLACE/UUID (rkt: pkg/pod), and their lock: flock(2) on the pod's
// directory, which survives its renaming and reaches the pod's own processes by their inheriting
// the descriptor. Any number of processes; a Pod is used by one thread at a time.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "lib/appc/pod_manifest.h"
#include "parts/rkt/lock/lock.h"
#include "parts/rkt/pod/state.h"
#include "sys/random/random.h"

namespace argosy::rkt {

struct PodNetwork {
  std::string name;
  std::string ip4;
};

struct AppStatus {
  std::string name;
  std::string state;  // "unknown", "created", "running", "exited"
  std::optional<WallTime> created, started, finished;
  std::optional<int> exit_code;
};

class Pod {
 public:
  const std::string& uuid() const { return uuid_; }
  Place place() const { return place_; }
  State state() const { return state_of(place_, is_locked_); }
  std::string path() const;

  // Takes the lock, without waiting. Aborted: somebody else has it.
  Result<void> lock();
  void unlock();
  // The descriptor that holds the lock, for the pod's processes; -1 without it.
  int lock_fd() const { return lock_.is_held() ? lock_.fd() : -1; }
  // Renames the pod's directory durably; whether it is locked stays. NotFound: another one was
  // faster.
  Result<void> move_to(Place place);

  // NotFound where there is no such file.
  Result<std::string> read(const std::string& name) const;
  // A small file, durably.
  Result<void> write(const std::string& name, std::string_view content, uint32_t mode) const;

  Result<appc::PodManifest> manifest() const;
  Result<std::string> manifest_text() const;
  std::optional<WallTime> created() const;
  std::optional<WallTime> started() const;
  // When the directory was renamed last, or anything else of it changed (its ctime).
  std::optional<WallTime> moved() const;
  // Of the pod's first process.
  std::optional<int> pid() const;
  std::vector<PodNetwork> networks() const;
  AppStatus app_status(const std::string& app) const;
  // The ids of rendered trees that the pod is made of, its stage1's among them.
  std::vector<std::string> tree_ids() const;

 private:
  friend class Pods;
  Pod(std::string root, std::string uuid, Place place)
      : root_(std::move(root)), uuid_(std::move(uuid)), place_(place) {}
  std::vector<std::string> status_directories() const;

  std::string root_;  // DATA/pods
  std::string uuid_;
  Place place_;
  bool is_locked_ = false;
  FileLock lock_;  // held by us
};

class Pods {
 public:
  // `data` is DATA.
  explicit Pods(const std::string& data) : root_(data + "/pods") {}

  // Makes the directories that are missing.
  Result<void> prepare() const;
  // A new pod, locked, in prepare/.
  Result<Pod> create(Random& random) const;
  // NotFound: there is none; Aborted: it moved so fast that we could not follow.
  Result<Pod> open(const std::string& uuid) const;
  Result<std::vector<std::string>> uuids(const std::vector<Place>& places) const;
  // The pods of a listing: of these places, in order; what is gone meanwhile is left out.
  Result<std::vector<Pod>> list(const std::vector<Place>& places) const;
  // A pod by the beginning of its UUID among those that a user may name.
  Result<Pod> find(std::string_view prefix) const;

 private:
  std::string root_;
};

// A random UUID, version 4 (RFC 9562).
std::string new_uuid(Random& random);
bool is_uuid(std::string_view text);

}  // namespace argosy::rkt
