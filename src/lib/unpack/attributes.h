// Owner, permissions, extended attributes and times of one file. Private to this folder.
#pragma once

#include <optional>

#include "lib/tar/entry.h"
#include "lib/unpack/extract.h"

namespace argosy::unpack {

struct Attributes {
  std::optional<uint32_t> uid, gid;  // mapped; nothing: as it was made
  uint32_t mode = 0;
  int64_t mtime = 0;
  uint32_t mtime_nanoseconds = 0;
  std::map<std::string, std::string> xattrs;
};

// Owners mapped, xattrs chosen; PermissionDenied for an id that is in no range.
Result<Attributes> attributes_of(const tar::Entry& entry, const Options& options,
                                 Extracted& report);

// To an open file or directory.
Result<void> apply(const Attributes& attributes, int fd, Extracted& report);
// To what has no descriptor that could be changed: links, devices, fifos. Its name is not
// followed; `has_mode` is false for symbolic links.
Result<void> apply_at(const Attributes& attributes, int parent, const std::string& name,
                      bool has_mode, Extracted& report);

}  // namespace argosy::unpack
