// How an archive becomes a tree.
#pragma once

#include <cstdint>
#include <vector>

namespace argosy::unpack {

// What names that begin with ".wh." mean (image-spec 1.1.1, layer.md).
enum class Whiteouts : uint8_t {
  kApply,        // they remove what lower layers have put into the same tree
  kOverlay,      // they become overlayfs's: a device 0:0, trusted.overlay.opaque
  kOverlayUser,  // the same for mounts in user namespaces: user.overlay.opaque
  kKeep,         // nothing: they are files (appc)
};

// Owners in the archive are container ids; a range of them is moved.
struct IdRange {
  uint32_t container = 0;
  uint32_t host = 0;
  uint32_t count = 0;
};

// What a hostile archive may not exceed.
struct Limits {
  uint64_t unpacked_bytes = uint64_t{1} << 40;
  uint64_t entries = 20'000'000;
  // Of unpacked to packed bytes, asked beyond the first 256 MiB. Deflate reaches 1032.
  uint64_t ratio = 500;
};

struct Options {
  Whiteouts whiteouts = Whiteouts::kApply;
  // Keeps owners; else all belongs to who unpacks.
  bool keeps_owners = true;
  std::vector<IdRange> uids, gids;  // empty: as they are
  // Keeps devices; else they are left out, as rootless runtimes do.
  bool makes_devices = true;
  // Only security.capability and user.*, as rkt; else also POSIX ACLs and trusted.*.
  // overlayfs's own attributes are never kept, nor labels of security modules.
  bool keeps_few_xattrs = false;
  // A symbolic link on the way to a file is followed inside the tree; else it is refused.
  // For several layers in one tree, where "lib" may be a link that another layer made.
  bool follows_parents = false;
  Limits limits;
};

}  // namespace argosy::unpack
