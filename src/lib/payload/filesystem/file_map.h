// Where the files of a file system image lie, so that a delta can be made file by file
// without mounting anything: ext2, ext3 and ext4 by libext2fs, squashfs 4 by its own
// tables (Linux, Documentation/filesystems/squashfs.rst). Reads only. Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "sys/file/disk.h"

namespace argosy::payload {

// Bytes of an image.
struct ByteRange {
  uint64_t offset = 0;
  uint64_t size = 0;

  uint64_t end() const { return offset + size; }
  bool operator==(const ByteRange&) const = default;
};

struct MappedFile {
  std::string path;  // "usr/bin/true"; of several links the first
  // What is stored of its content, in order: whole blocks (ext), or what is left of them
  // when they are packed (squashfs). Holes are left out, and so are files without data.
  std::vector<ByteRange> ranges;

  uint64_t size() const;
};

struct FileMap {
  enum class Kind { kUnknown, kExt, kSquashfs };
  Kind kind = Kind::kUnknown;
  // In the order of their first byte. No two share a byte.
  std::vector<MappedFile> files;
};

// Appends, and joins it to the range before if it follows that.
void append_range(std::vector<ByteRange>& ranges, ByteRange range);

// What an image holds, of whatever kind it is; kUnknown, without files, when it is none
// of them. InvalidArgument for a damaged one, Unimplemented for a squashfs whose tables
// are packed with something else than gzip, xz or zstd.
Result<FileMap> map_files(Disk& disk, const std::string& path);

}  // namespace argosy::payload
