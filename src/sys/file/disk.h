// Files and directories as an interface: the product writes to it, the real one
// asks the kernel, sim's forgets what was not synced. Errors carry the path.
// Every call may be made from any thread; one File is used by one thread at a time
// except where a method says otherwise.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"

namespace argosy {

// A read-only shared view of a file. What is written to the file below `size()`
// shows in it. Reading past the file's end, inside the mapping, is a bug (SIGBUS).
class Mapping {
 public:
  virtual ~Mapping() = default;
  virtual const char* data() const = 0;
  virtual uint64_t size() const = 0;
};

class File {
 public:
  virtual ~File() = default;

  virtual const std::string& path() const = 0;
  // Up to `size` bytes into `to`; fewer only at the end of the file.
  virtual Result<size_t> read_at(uint64_t offset, char* to, size_t size) = 0;
  // All of it or an error; parts may have been written then.
  virtual Result<void> write_at(uint64_t offset, BytesView bytes) = 0;
  // Data and the size, not the other metadata: fdatasync.
  virtual Result<void> sync_data() = 0;
  virtual Result<void> sync() = 0;
  virtual Result<uint64_t> size() = 0;
  virtual Result<void> truncate(uint64_t size) = 0;
  // Reserves blocks and, if it is shorter, extends the file with zeros: fallocate.
  virtual Result<void> allocate(uint64_t size) = 0;
  // An exclusive flock(2); false when another holds it. Released with the File.
  virtual Result<bool> try_lock() = 0;
  // Maps the first `size` bytes, which may reach past the end of the file.
  virtual Result<std::unique_ptr<Mapping>> map(uint64_t size) = 0;
};

struct OpenOptions {
  bool write = true;
  bool create = false;     // make it if it is missing
  bool exclusive = false;  // with create: it must be missing
  bool truncate = false;
  // Past the page cache (O_DIRECT): offsets, sizes and addresses are multiples of the medium's
  // blocks, 4096 to be safe. EINVAL, here or from a read or write, where that can't be done.
  bool direct = false;
  uint32_t mode = 0600;
};

struct FileInfo {
  uint64_t size = 0;
  uint32_t mode = 0;  // type and permission bits as in stat(2)
  bool is_directory() const { return (mode & 0170000) == 0040000; }
};

class Disk {
 public:
  virtual ~Disk() = default;

  virtual Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) = 0;
  virtual Result<void> rename(const std::string& from, const std::string& to) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  // mkdir -p; `mode` for those that it makes.
  virtual Result<void> make_directories(const std::string& path, uint32_t mode) = 0;
  // Names (not paths) in order of bytes, without . and ..
  virtual Result<std::vector<std::string>> list(const std::string& directory) = 0;
  virtual Result<FileInfo> stat(const std::string& path) = 0;
  // Makes creations, renames and removals in this directory durable.
  virtual Result<void> sync_directory(const std::string& path) = 0;
};

// The kernel's. One for the process; stateless.
Disk& real_disk();

// -- What most users of a disk need, on any Disk.

bool exists(Disk& disk, const std::string& path);
// The whole file; fails with ResourceExhausted when it is larger than `limit`.
Result<Bytes> read_file(Disk& disk, const std::string& path, uint64_t limit = 1ULL << 32);
// Writes a temporary file beside it, syncs, renames, syncs the directory: after a
// crash the old content or the new one is there, never a mixture.
Result<void> replace_file(Disk& disk, const std::string& path, BytesView content,
                          uint32_t mode = 0600);
// A file and, for a directory, all below it. Missing is no error.
Result<void> remove_all(Disk& disk, const std::string& path);

std::string join_path(std::string_view directory, std::string_view name);
// "/a/b" of "/a/b/c"; "." when there is no slash.
std::string parent_path(std::string_view path);

}  // namespace argosy
