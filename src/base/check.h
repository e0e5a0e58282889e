// check(claim): a programmer's claim that stays on in release. A failed claim prints
// the place and aborts: a member that is wrong about its own state must not go on.
#pragma once

#include <source_location>

namespace argosy {

[[noreturn]] void check_failed(const char* why, std::source_location where);

inline void check(bool claim, const char* why = "",
                  std::source_location where = std::source_location::current()) {
  if (!claim) [[unlikely]]
    check_failed(why, where);
}

// For places that cannot be reached.
[[noreturn]] inline void unreachable(const char* why,
                                     std::source_location where = std::source_location::current()) {
  check_failed(why, where);
}

}  // namespace argosy
