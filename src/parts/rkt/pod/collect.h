// Collecting pods that are over (rkt: rkt/gc.go): marked first, removed after their grace period.
#pragma once

#include <functional>

#include "parts/rkt/pod/pod.h"

namespace argosy::rkt {

struct CollectOptions {
  Duration grace = minutes(30);           // of pods that have exited
  Duration expires_prepared = hours(24);  // prepared, but not run; also embryos left behind
  bool only_marks = false;
};
struct Reporter {
  std::function<void(std::string_view line)> say;       // stdout
  std::function<void(std::string_view line)> complain;  // stderr
};
// What goes wrong with one pod is complained of, and the others go on.
Result<void> collect(const Pods& pods, WallTime now, const CollectOptions& options,
                     const Reporter& reporter);

// Removes a pod at once, if it does not run and nobody is busy with it; false, with a complaint,
// if it stays.
bool remove_pod(Pod& pod, const Reporter& reporter);

}  // namespace argosy::rkt
