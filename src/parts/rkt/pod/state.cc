#include "parts/rkt/pod/state.h"

#include "base/check.h"

namespace argosy::rkt {

std::string_view name_of(Place place) {
  switch (place) {
    case Place::kEmbryo:
      return "embryo";
    case Place::kPrepare:
      return "prepare";
    case Place::kPrepared:
      return "prepared";
    case Place::kRun:
      return "run";
    case Place::kExitedGarbage:
      return "exited-garbage";
    case Place::kGarbage:
      return "garbage";
  }
  unreachable("every place has a name");
}

State state_of(Place place, bool is_locked) {
  switch (place) {
    case Place::kEmbryo:
      return State::kEmbryo;
    case Place::kPrepare:
      return is_locked ? State::kPreparing : State::kAbortedPrepare;
    case Place::kPrepared:
      return State::kPrepared;
    case Place::kRun:
      return is_locked ? State::kRunning : State::kExited;
    case Place::kExitedGarbage:
      return is_locked ? State::kExitedDeleting : State::kExitedGarbage;
    case Place::kGarbage:
      return is_locked ? State::kDeleting : State::kGarbage;
  }
  unreachable("every place makes a state");
}

std::string_view name_of(State state) {
  switch (state) {
    case State::kEmbryo:
      return "embryo";
    case State::kPreparing:
      return "preparing";
    case State::kAbortedPrepare:
      return "aborted prepare";
    case State::kPrepared:
      return "prepared";
    case State::kRunning:
      return "running";
    case State::kDeleting:
      return "deleting";
    case State::kExitedDeleting:
      return "exited deleting";
    case State::kExited:
      return "exited";
    case State::kExitedGarbage:
      return "exited garbage";
    case State::kGarbage:
      return "garbage";
  }
  unreachable("every state has a name");
}

bool may_move(Place from, Place to) {
  switch (to) {
    case Place::kEmbryo:
      return false;
    case Place::kPrepare:
      return from == Place::kEmbryo;
    case Place::kPrepared:
      return from == Place::kPrepare;
    case Place::kRun:
      return from == Place::kPrepare || from == Place::kPrepared;
    case Place::kExitedGarbage:
      return from == Place::kRun;
    case Place::kGarbage:
      return from == Place::kEmbryo || from == Place::kPrepare || from == Place::kPrepared;
  }
  unreachable("every place may be moved to from some");
}

bool has_exited(State state) {
  return state == State::kExited || state == State::kExitedDeleting ||
         state == State::kExitedGarbage;
}

}  // namespace argosy::rkt
