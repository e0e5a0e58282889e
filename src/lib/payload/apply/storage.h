// What a payload is applied to, as an interface: a partition's device, a file, or memory
// in tests. Offsets and sizes in bytes. Within one update one thread calls, except for
// read(), which several may call beside it for what is not being written.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "sys/file/disk.h"

namespace argosy::payload {

class Storage {
 public:
  virtual ~Storage() = default;

  // How much it can hold. What grows on demand says so by kUnbounded.
  static constexpr uint64_t kUnbounded = ~uint64_t{0};
  virtual uint64_t capacity() const = 0;
  // All of `to`, or OutOfRange.
  virtual Result<void> read(uint64_t offset, std::span<char> to) = 0;
  virtual Result<void> write(uint64_t offset, BytesView bytes) = 0;
  // What is read comes from the medium, and not from memory where it was left by a write.
  virtual bool reads_medium() const { return false; }
  // Makes the range read as zeros.
  virtual Result<void> zero(uint64_t offset, uint64_t size);
  // Cuts a file to its final size; devices do nothing.
  virtual Result<void> set_size(uint64_t size) = 0;
};

// A regular file that grows up to `capacity`, or a block device, over sys/file.
std::unique_ptr<Storage> file_storage(File& file, uint64_t capacity, bool is_device);

// The SHA-256 of the first `size` bytes.
Result<Bytes> hash_of(Storage& storage, uint64_t size);

}  // namespace argosy::payload
