// What an update writes to, as the applier's Storage. Private to this folder.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "lib/payload/apply/storage.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

// Pages that are durable leave the cache, so that what is read next comes from the medium.
// A hint: what is not there, or no real file, is left alone.
void drop_cache(const std::string& path);

// The other slot. What is aligned goes past the page cache, if the medium allows it, and is
// read from the medium at any time. Else, before it is verified, everything is made durable
// and read afresh.
class SlotStorage final : public payload::Storage {
 public:
  static Result<std::unique_ptr<SlotStorage>> open(Disk& disk, const std::string& path,
                                                   uint64_t capacity);

  uint64_t capacity() const override { return capacity_; }
  Result<void> read(uint64_t offset, std::span<char> to) override;
  Result<void> write(uint64_t offset, BytesView bytes) override;
  Result<void> zero(uint64_t offset, uint64_t size) override;
  Result<void> set_size(uint64_t) override { return {}; }
  bool reads_medium() const override { return is_direct_; }

  // From now on: the first read that might come from the cache makes all writes durable and
  // empties it before.
  void begin_verification() { is_to_be_synced_ = true; }

 private:
  SlotStorage(std::unique_ptr<File> file, std::unique_ptr<File> direct, uint64_t capacity)
      : file_(std::move(file)),
        direct_(std::move(direct)),
        capacity_(capacity),
        is_direct_(direct_ != nullptr) {}
  bool goes_direct(uint64_t offset, BytesView bytes) const;
  Result<bool> read_direct(uint64_t offset, std::span<char> to);
  Result<bool> write_direct(uint64_t offset, BytesView bytes);

  std::unique_ptr<File> file_;
  std::unique_ptr<File> direct_;  // may be nullptr
  uint64_t capacity_;
  // Not any more after a first refusal.
  std::atomic<bool> is_direct_;
  std::atomic<bool> is_to_be_synced_ = false;
};

// A file that comes to be with the first write: not every payload has a kernel.
class FileOnDemand final : public payload::Storage {
 public:
  FileOnDemand(Disk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}

  uint64_t capacity() const override { return kUnbounded; }
  Result<void> read(uint64_t offset, std::span<char> to) override;
  Result<void> write(uint64_t offset, BytesView bytes) override;
  Result<void> set_size(uint64_t size) override;

  const std::string& path() const { return path_; }
  bool failed_to_open() const { return failed_to_open_; }

 private:
  Result<void> open();

  Disk& disk_;
  std::string path_;
  std::unique_ptr<File> file_;
  bool failed_to_open_ = false;
};

// The file and its name are durable; missing is no error.
Result<void> sync_path(Disk& disk, const std::string& path);

}  // namespace argosy::update_engine
