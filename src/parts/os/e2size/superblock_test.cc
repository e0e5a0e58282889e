#include "parts/os/e2size/superblock.h"

#include <doctest/doctest.h>

using namespace argosy;
using namespace argosy::os;

namespace {

Bytes superblock(uint32_t blocks, uint32_t log_block_bytes) {
  Bytes bytes(1024, '\0');
  store_le32(bytes.data() + 0x04, blocks);
  store_le32(bytes.data() + 0x18, log_block_bytes);
  store_le16(bytes.data() + 0x38, 0xef53);
  return bytes;
}

}  // namespace

TEST_CASE("blocks times their size") {
  // The /usr filesystem of Container Linux.
  CHECK(filesystem_bytes(superblock(260094, 2)) == 1065345024);
  CHECK(filesystem_bytes(superblock(8, 0)) == 8192);
  CHECK(filesystem_bytes(superblock(1, 6)) == 65536);
}

TEST_CASE("the high half counts only where the feature says so") {
  Bytes bytes = superblock(1, 2);
  store_le32(bytes.data() + 0x150, 2);
  CHECK(filesystem_bytes(bytes) == 4096);
  store_le32(bytes.data() + 0x60, 0x80);
  CHECK(filesystem_bytes(bytes) == ((uint64_t{2} << 32) + 1) * 4096);
}

TEST_CASE("the byte that forbids writing changes nothing") {
  Bytes bytes = superblock(260094, 2);
  bytes[0x67] = '\xff';
  CHECK(filesystem_bytes(bytes) == 1065345024);
}

TEST_CASE("what is no superblock") {
  CHECK(filesystem_bytes("").error().message() == "Bad magic number in super-block");
  CHECK_FALSE(filesystem_bytes(Bytes(1024, '\0')));
  CHECK_FALSE(filesystem_bytes(superblock(0, 2)));
  CHECK_FALSE(filesystem_bytes(superblock(1, 7)));
  Bytes bytes = superblock(1, 2);
  store_le32(bytes.data() + 0x60, 0x80);
  store_le32(bytes.data() + 0x150, 0xffffffff);
  CHECK(filesystem_bytes(bytes).error().message() == "The ext2 superblock is corrupt");
}
