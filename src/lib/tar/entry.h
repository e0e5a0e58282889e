// What a tar archive says of one file.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace argosy::tar {

enum class Type : uint8_t {
  kFile,
  kHardLink,
  kSymlink,
  kCharacterDevice,
  kBlockDevice,
  kDirectory,
  kFifo,
};

// Where a sparse file has data.
struct Extent {
  uint64_t offset = 0;
  uint64_t size = 0;
  bool operator==(const Extent&) const = default;
};

struct Entry {
  std::string path;  // as it was written: any bytes but NUL, also ".." and a leading slash
  Type type = Type::kFile;
  std::string link;   // of hard and symbolic links
  uint32_t mode = 0;  // the twelve permission bits
  uint64_t uid = 0;
  uint64_t gid = 0;
  std::string user;
  std::string group;
  uint64_t size = 0;  // of the file with its holes; 0 for all but files
  int64_t mtime = 0;  // seconds
  uint32_t mtime_nanoseconds = 0;
  uint32_t device_major = 0;
  uint32_t device_minor = 0;
  std::map<std::string, std::string> xattrs;  // pax's SCHILY.xattr.*
  bool is_sparse = false;
  std::vector<Extent> extents;  // of a sparse file, in order and apart

  bool operator==(const Entry&) const = default;
};

}  // namespace argosy::tar
