// How update_engine-setgoodroot ends, as the daemon that runs it understands it.
#pragma once

namespace argosy::update_engine {

inline constexpr int kExitGood = 0;
// Not marked, but nothing speaks against an update.
inline constexpr int kExitNotMarked = 1;
// What runs is about to be left: the other slot has to stay as it is (EX_TEMPFAIL).
inline constexpr int kExitFallsBack = 75;

}  // namespace argosy::update_engine
