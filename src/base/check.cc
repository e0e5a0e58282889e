#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace argosy {

void check_failed(const char* why, std::source_location where) {
  std::fprintf(stderr, "check failed: %s%s%s:%u in %s\n", why, *why != '\0' ? ": " : "",
               where.file_name(), where.line(), where.function_name());
  std::abort();
}

}  // namespace argosy
