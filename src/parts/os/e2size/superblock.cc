#include "parts/os/e2size/superblock.h"

namespace argosy::os {
namespace {

constexpr size_t kBlocksLow = 0x04;
constexpr size_t kLogBlockBytes = 0x18;
constexpr size_t kMagic = 0x38;
constexpr size_t kIncompatible = 0x60;
constexpr size_t kBlocksHigh = 0x150;
constexpr uint16_t kExtMagic = 0xef53;
constexpr uint32_t kHas64Bits = 0x80;
constexpr uint32_t kMaxLogBlockBytes = 6;  // 64 KiB

}  // namespace

Result<uint64_t> filesystem_bytes(BytesView superblock) {
  if (superblock.size() < kSuperblockBytes || load_le16(superblock.data() + kMagic) != kExtMagic) {
    return fail(Code::kDataLoss, "Bad magic number in super-block");
  }
  const char* at = superblock.data();
  const uint32_t log_block_bytes = load_le32(at + kLogBlockBytes);
  uint64_t blocks = load_le32(at + kBlocksLow);
  if ((load_le32(at + kIncompatible) & kHas64Bits) != 0) {
    blocks |= uint64_t{load_le32(at + kBlocksHigh)} << 32;
  }
  if (log_block_bytes > kMaxLogBlockBytes || blocks == 0 ||
      blocks > UINT64_MAX >> (10 + log_block_bytes)) {
    return fail(Code::kDataLoss, "The ext2 superblock is corrupt");
  }
  return blocks << (10 + log_block_bytes);
}

}  // namespace argosy::os
