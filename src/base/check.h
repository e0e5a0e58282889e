// check(): a programmer's claim that stays on in release. A failed claim prints
// the place and what was claimed, and aborts: a member that is wrong about its own
// state must not go on.
#pragma once

namespace argosy {

[[noreturn]] void check_failed(const char* claim, const char* file, int line, const char* why);

}  // namespace argosy

#define check(claim, ...)                                                          \
  do {                                                                             \
    if (!(claim)) [[unlikely]]                                                     \
      ::argosy::check_failed(#claim, __FILE__, __LINE__, "" __VA_ARGS__);          \
  } while (false)
