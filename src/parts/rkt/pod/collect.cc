#include "parts/rkt/pod/collect.h"

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/removal/removal.h"

namespace argosy::rkt {
namespace {

class Collection {
 public:
  Collection(const Pods& pods, WallTime now, const CollectOptions& options,
             const Reporter& reporter)
      : pods_(pods), now_(now), options_(options), reporter_(reporter) {}

  Result<void> run() {
    TRY_CONTEXT(mark_exited(), "failed to rename exited pods");
    TRY_CONTEXT(mark_aborted(), "failed to rename aborted pods");
    if (options_.only_marks) return {};
    TRY_CONTEXT(mark_expired(), "failed to rename expired prepared pods");
    TRY_CONTEXT(empty_exited_garbage(), "failed to empty exitedGarbage");
    TRY_CONTEXT(empty_garbage(), "failed to empty garbage");
    return {};
  }

 private:
  void move(Pod& pod, Place place) {
    const auto moved = pod.move_to(place);
    if (moved || moved.error().code() == Code::kNotFound) return;
    reporter_.complain("rename error: " + moved.error().text());
  }

  Result<void> mark_exited() {
    for (Pod& pod : TRY(pods_.list({Place::kRun}))) {
      if (pod.state() != State::kExited) continue;
      reporter_.complain(format("moving pod {} to garbage", go_quote(pod.uuid())));
      move(pod, Place::kExitedGarbage);
    }
    return {};
  }

  Result<void> mark_aborted() {
    for (Pod& pod : TRY(pods_.list({Place::kPrepare}))) {
      if (pod.state() != State::kAbortedPrepare) continue;
      reporter_.complain(format("moving failed prepare {} to garbage", go_quote(pod.uuid())));
      move(pod, Place::kGarbage);
    }
    return {};
  }

  bool is_older(const Pod& pod, Duration age) const {
    const auto moved = pod.moved();
    return moved && now_ > *moved + age;
  }

  // An embryo is one for an instant; who left an old one behind was killed.
  Result<void> mark_expired() {
    for (Pod& pod : TRY(pods_.list({Place::kPrepared, Place::kEmbryo}))) {
      if (!is_older(pod, options_.expires_prepared)) continue;
      if (pod.place() == Place::kPrepared) {
        reporter_.complain(
            format("moving expired prepared pod {} to garbage", go_quote(pod.uuid())));
      }
      if (!pod.lock()) continue;  // somebody runs it this moment
      move(pod, Place::kGarbage);
    }
    return {};
  }

  Result<void> empty_exited_garbage() {
    for (Pod& pod : TRY(pods_.list({Place::kExitedGarbage}))) {
      if (is_older(pod, options_.grace)) {
        empty(pod);
        continue;
      }
      reporter_.complain(format("pod {} not removed: still within grace period ({})",
                                go_quote(pod.uuid()), to_go_duration(options_.grace)));
    }
    return {};
  }

  Result<void> empty_garbage() {
    for (Pod& pod : TRY(pods_.list({Place::kGarbage}))) empty(pod);
    return {};
  }

  void empty(Pod& pod);

  const Pods& pods_;
  WallTime now_;
  const CollectOptions& options_;
  const Reporter& reporter_;
};

// The root first: what fails there, busy as it may be, leaves a pod that can be looked at.
bool delete_pod(const Pod& pod, const Reporter& reporter) {
  const std::string path = pod.path();
  if (const auto done = unmount_below(path); !done) {
    reporter.complain(format("GC of leftover mounts for pod {} failed: {}", go_quote(pod.uuid()),
                             done.error().text()));
    return false;
  }
  if (const auto done = remove_tree(path + "/stage1/rootfs"); !done) {
    reporter.complain(
        format("unable to remove pod rootfs {}: {}", go_quote(pod.uuid()), done.error().text()));
    return false;
  }
  if (const auto done = remove_tree(path); !done) {
    reporter.complain(
        format("unable to remove pod {}: {}", go_quote(pod.uuid()), done.error().text()));
    return false;
  }
  return true;
}

void Collection::empty(Pod& pod) {
  if (!pod.lock()) return;
  reporter_.say(format("Garbage collecting pod {}", go_quote(pod.uuid())));
  delete_pod(pod, reporter_);
}

// What is in the way of removing a pod; empty: nothing.
std::string_view obstacle(State state) {
  switch (state) {
    case State::kRunning:
      return "running";
    case State::kEmbryo:
    case State::kPreparing:
      return "being prepared";
    case State::kDeleting:
    case State::kExitedDeleting:
      return "being deleted";
    default:
      return {};
  }
}

}  // namespace

Result<void> collect(const Pods& pods, WallTime now, const CollectOptions& options,
                     const Reporter& reporter) {
  return Collection(pods, now, options, reporter).run();
}

bool remove_pod(Pod& pod, const Reporter& reporter) {
  const std::string uuid = go_quote(pod.uuid());
  const State state = pod.state();
  if (const std::string_view what = obstacle(state); !what.empty()) {
    reporter.complain(format("pod {} is currently {}", uuid, what));
    return false;
  }
  // From here on nobody can run it.
  if (const auto locked = pod.lock(); !locked) {
    reporter.complain("unable to acquire exclusive lock: " + locked.error().text());
    return false;
  }
  Result<void> moved;
  if (state == State::kAbortedPrepare) {
    reporter.complain(format("moving failed prepare {} to garbage", uuid));
    moved = pod.move_to(Place::kGarbage);
  } else if (state == State::kPrepared) {
    reporter.complain(format("moving expired prepared pod {} to garbage", uuid));
    moved = pod.move_to(Place::kGarbage);
  } else if (state == State::kExited) {
    moved = pod.move_to(Place::kExitedGarbage);
  }
  if (!moved) {
    reporter.complain("rename error: " + moved.error().text());
    return false;
  }
  return delete_pod(pod, reporter);
}

}  // namespace argosy::rkt
