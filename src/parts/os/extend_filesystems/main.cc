// extend-filesystems: run at boot, before anything needs the space.
#include <cstdio>
#include <cstdlib>

#include "parts/os/extend_filesystems/extend.h"

int main(int argc, char**) {
  if (argc > 1) {
    std::fputs(
        "Usage: extend-filesystems\n\n"
        "Grows each partition of type coreos-resize, and the ext4, xfs or btrfs that is\n"
        "mounted writable from it, into the free space that follows.\n",
        stdout);
    return 0;
  }
  const char* path = std::getenv("PATH");
  argosy::os::ExtendOptions options;
  options.search_path = path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin";
  options.complain = [](std::string_view text) {
    std::fprintf(stderr, "extend-filesystems: %.*s\n", static_cast<int>(text.size()), text.data());
  };
  return argosy::os::extend_filesystems(options);
}
