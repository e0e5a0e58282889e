// An image to make a payload from or for: its bytes, where its files are, and a digest of
// every block. Reading is thread-safe once it is open.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>

#include "lib/payload/filesystem/file_map.h"
#include "lib/payload/format/manifest.h"

namespace argosy::payload {

class Image {
 public:
  // Reads all of it once. With `maps_files` the files come from its file system, and
  // else it counts as one file. The size of a file that is no partition need not be a
  // multiple of the block.
  static Result<std::unique_ptr<Image>> open(Disk& disk, const std::string& path, bool maps_files);

  uint64_t size() const { return size_; }
  uint64_t blocks() const { return digests_.size(); }
  const Bytes& sha256() const { return sha256_; }
  // Covers every byte that is not zero, in order; the last is what belongs to no file.
  const std::vector<MappedFile>& files() const { return files_; }
  bool has_metadata() const { return kind_ != FileMap::Kind::kUnknown; }
  FileMap::Kind kind() const { return kind_; }
  const std::string& path() const { return path_; }

  // 128 bits of the block's SHA-256; what lies behind the end counts as zeros.
  struct Digest {
    uint64_t first = 0;
    uint64_t second = 0;
    bool operator==(const Digest&) const = default;
  };
  const Digest& digest(uint64_t block) const { return digests_[block]; }
  bool is_zero(uint64_t block) const { return digests_[block] == zero_; }

  // Zeros behind the end.
  Result<void> read(uint64_t offset, std::span<char> to) const;
  Result<Bytes> read(const std::vector<Extent>& extents) const;

 private:
  Result<void> scan();
  void add_metadata();

  std::string path_;
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
  Bytes sha256_;
  std::vector<Digest> digests_;
  Digest zero_;
  std::vector<MappedFile> files_;
  FileMap::Kind kind_ = FileMap::Kind::kUnknown;
};

}  // namespace argosy::payload
