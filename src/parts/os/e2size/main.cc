// e2size: the bytes that an ext filesystem on a device has.
#include <cstdio>
#include <cstring>

#include "parts/os/e2size/superblock.h"
#include "sys/file/disk.h"

namespace argosy::os {
namespace {

Result<uint64_t> size_of(const std::string& path) {
  auto file = TRY(real_disk().open(path, {.write = false}));
  Bytes superblock(kSuperblockBytes, '\0');
  superblock.resize(TRY(file->read_at(kSuperblockAt, superblock.data(), superblock.size())));
  return filesystem_bytes(superblock);
}

}  // namespace
}  // namespace argosy::os

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("Usage: e2size <device>\n", stderr);
    return 1;
  }
  const auto size = argosy::os::size_of(argv[1]);
  if (!size) {
    const int number = size.error().system_errno();
    std::fprintf(stderr, "%s\n",
                 number != 0 ? std::strerror(number) : size.error().message().c_str());
    return 1;
  }
  std::printf("%llu\n", static_cast<unsigned long long>(*size));
  return 0;
}
