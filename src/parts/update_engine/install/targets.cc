#include "parts/update_engine/install/targets.h"

#include <fcntl.h>

#include "base/format.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {

void drop_cache(const std::string& path) {
  const Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.is_open()) (void)::posix_fadvise(fd.get(), 0, 0, POSIX_FADV_DONTNEED);
}

Result<void> sync_path(Disk& disk, const std::string& path) {
  if (!exists(disk, path)) return {};
  const auto file = TRY(disk.open(path, {.write = false}));
  TRY(file->sync());
  return disk.sync_directory(parent_path(path));
}

Result<std::unique_ptr<SlotStorage>> SlotStorage::open(Disk& disk, const std::string& path,
                                                       uint64_t capacity) {
  return std::unique_ptr<SlotStorage>(new SlotStorage(TRY(disk.open(path, {})), capacity));
}

Result<void> SlotStorage::read(uint64_t offset, std::span<char> to) {
  if (is_to_be_synced_) {
    is_to_be_synced_ = false;
    TRY(file_->sync_data());
    drop_cache(file_->path());
  }
  const size_t size = TRY(file_->read_at(offset, to.data(), to.size()));
  if (size == to.size()) return {};
  return fail(Code::kOutOfRange,
              format("{}: ends before byte {}", file_->path(), offset + to.size()));
}

Result<void> SlotStorage::write(uint64_t offset, BytesView bytes) {
  if (offset > capacity_ || bytes.size() > capacity_ - offset) {
    return fail(Code::kOutOfRange, format("{}: byte {} is beyond its {} bytes", file_->path(),
                                          offset + bytes.size(), capacity_));
  }
  return file_->write_at(offset, bytes);
}

Result<void> FileOnDemand::open() {
  if (file_ != nullptr) return {};
  auto file = disk_.open(path_, {.create = true, .mode = 0644});
  failed_to_open_ = !file;
  file_ = TRY(std::move(file));
  return {};
}

Result<void> FileOnDemand::read(uint64_t offset, std::span<char> to) {
  TRY(open());
  const size_t size = TRY(file_->read_at(offset, to.data(), to.size()));
  if (size == to.size()) return {};
  return fail(Code::kOutOfRange, format("{}: ends before byte {}", path_, offset + to.size()));
}

Result<void> FileOnDemand::write(uint64_t offset, BytesView bytes) {
  TRY(open());
  return file_->write_at(offset, bytes);
}

// The end of the file's making: from here on it is only read.
Result<void> FileOnDemand::set_size(uint64_t size) {
  TRY(open());
  TRY(file_->truncate(size));
  TRY(file_->sync());
  TRY(disk_.sync_directory(parent_path(path_)));
  drop_cache(path_);
  return {};
}

}  // namespace argosy::update_engine
