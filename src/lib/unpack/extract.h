// Makes the files of a tar archive below a directory. Nothing outside of it is ever touched:
// each parent is opened by openat2(2) beneath the directory, and what is done to a file is done
// by its name in that open parent, without following it. One thread; the tree belongs to it.
#pragma once

#include "base/result.h"
#include "lib/tar/reader.h"
#include "lib/unpack/options.h"

namespace argosy::unpack {

struct Extracted {
  uint64_t entries = 0;
  uint64_t bytes = 0;            // of files
  uint64_t dropped_xattrs = 0;   // not of a kind that is kept, or refused by the file system
  uint64_t dropped_devices = 0;  // by Options::makes_devices
};

// Of entries for the same path the later one counts; a directory keeps its children and gets
// the later attributes. Errors name the entry; what was made before remains. InvalidArgument:
// the archive is damaged or hostile; ResourceExhausted: a limit, or the disk is full;
// FailedPrecondition: a hard link to a file that is not in this tree.
Result<Extracted> extract(tar::Reader& archive, int directory_fd, const Options& options);

}  // namespace argosy::unpack
