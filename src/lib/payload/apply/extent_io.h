// Lists of extents as if they were one run of bytes. Borrow what they are given.
#pragma once

#include <functional>
#include <span>

#include "base/result.h"
#include "lib/payload/format/manifest.h"

namespace argosy::payload {

class ExtentReader {
 public:
  // Reads a range of the storage; never asked for a hole.
  using Read = std::function<Result<void>(uint64_t offset, std::span<char> to)>;

  // `size` cuts the last block; it is at most what the extents hold.
  ExtentReader(const std::vector<Extent>& extents, uint32_t block, uint64_t size, Read read);

  uint64_t size() const { return size_; }
  // Inside of size().
  Result<void> read(uint64_t offset, std::span<char> to);

 private:
  const std::vector<Extent>& extents_;
  std::vector<uint64_t> begins_;  // of each extent, as offsets in the run
  uint32_t block_;
  uint64_t size_;
  Read read_;
};

class ExtentWriter {
 public:
  using Write = std::function<Result<void>(uint64_t offset, BytesView bytes)>;

  ExtentWriter(const std::vector<Extent>& extents, uint32_t block, Write write)
      : extents_(extents), block_(block), write_(std::move(write)) {}

  // OutOfRange for more than the extents hold.
  Result<void> write(BytesView bytes);
  // Zeros to the end of the block that was begun.
  Result<void> pad();
  uint64_t written() const { return written_; }

 private:
  const std::vector<Extent>& extents_;
  uint32_t block_;
  Write write_;
  size_t at_ = 0;        // the extent that is being written
  uint64_t inside_ = 0;  // bytes of it that are
  uint64_t written_ = 0;
};

}  // namespace argosy::payload
