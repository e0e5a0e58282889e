// The size of an ext2, ext3 or ext4 filesystem, from its superblock (Linux's
// Documentation/filesystems/ext4, "The Super Block"). On a /usr partition the dm-verity
// hashes start there.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::os {

inline constexpr uint64_t kSuperblockAt = 1024;
inline constexpr uint64_t kSuperblockBytes = 1024;

// In bytes. DataLoss if this is no superblock, or one that says what cannot be.
Result<uint64_t> filesystem_bytes(BytesView superblock);

}  // namespace argosy::os
