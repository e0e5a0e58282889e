// The states of a pod (rkt: Documentation/devel/pod-lifecycle.md): which directory holds it, and
// whether somebody holds its lock. Pure.
#pragma once

#include <array>
#include <string_view>

namespace argosy::rkt {

// In the order of a pod's life; a pod moves towards the end only.
enum class Place : uint8_t { kEmbryo, kPrepare, kPrepared, kRun, kExitedGarbage, kGarbage };
inline constexpr std::array kPlaces{Place::kEmbryo, Place::kPrepare,       Place::kPrepared,
                                    Place::kRun,    Place::kExitedGarbage, Place::kGarbage};
// The directory's name below DATA/pods.
std::string_view name_of(Place place);

enum class State : uint8_t {
  kEmbryo,
  kPreparing,
  kAbortedPrepare,
  kPrepared,
  kRunning,
  kDeleting,
  kExitedDeleting,
  kExited,
  kExitedGarbage,
  kGarbage,
};
State state_of(Place place, bool is_locked);
// "aborted prepare"
std::string_view name_of(State state);

// Whether a pod may go from one to the other.
bool may_move(Place from, Place to);
// Its apps have ended, whatever became of it then.
bool has_exited(State state);

}  // namespace argosy::rkt
