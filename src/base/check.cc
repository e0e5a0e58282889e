#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace argosy {

void check_failed(const char* claim, const char* file, int line, const char* why) {
  std::fprintf(stderr, "check failed: %s%s%s (%s:%d)\n", claim, *why != '\0' ? ": " : "", why,
               file, line);
  std::abort();
}

}  // namespace argosy
