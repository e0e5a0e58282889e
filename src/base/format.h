// format("{} of {}", a, b): the house's one way to make text, a thin name for fmt.
#pragma once

#include <fmt/core.h>
#include <string>
#include <utility>

namespace argosy {

template <typename... Args>
std::string format(fmt::format_string<Args...> pattern, Args&&... args) {
  return fmt::format(pattern, std::forward<Args>(args)...);
}

}  // namespace argosy
