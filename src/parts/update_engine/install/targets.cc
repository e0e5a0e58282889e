#include "parts/update_engine/install/targets.h"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>

#include "base/format.h"
#include "lib/payload/apply/aligned_bytes.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kZeros = 1 << 20;

bool is_aligned(uint64_t number) {
  return number % payload::kDirectAlignment == 0;
}

}  // namespace

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
  auto file = TRY(disk.open(path, {}));
  auto direct = disk.open(path, {.direct = true});
  return std::unique_ptr<SlotStorage>(
      new SlotStorage(std::move(file), direct ? *std::move(direct) : nullptr, capacity));
}

bool SlotStorage::goes_direct(uint64_t offset, BytesView bytes) const {
  return is_direct_ && is_aligned(offset) && is_aligned(bytes.size()) &&
         is_aligned(reinterpret_cast<uintptr_t>(bytes.data()));
}

// False: it has to go the other way.
Result<bool> SlotStorage::read_direct(uint64_t offset, std::span<char> to) {
  if (!goes_direct(offset, {to.data(), to.size()})) return false;
  const auto size = direct_->read_at(offset, to.data(), to.size());
  if (size) return *size == to.size();
  if (size.error().system_errno() != EINVAL) return fail(size.error());
  is_direct_ = false;
  return false;
}

Result<bool> SlotStorage::write_direct(uint64_t offset, BytesView bytes) {
  if (!goes_direct(offset, bytes)) return false;
  const auto done = direct_->write_at(offset, bytes);
  if (done) return true;
  if (done.error().system_errno() != EINVAL) return fail(done.error());
  is_direct_ = false;
  return false;
}

Result<void> SlotStorage::read(uint64_t offset, std::span<char> to) {
  if (TRY(read_direct(offset, to))) return {};
  if (is_to_be_synced_.exchange(false)) {
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
  if (TRY(write_direct(offset, bytes))) return {};
  return file_->write_at(offset, bytes);
}

Result<void> SlotStorage::zero(uint64_t offset, uint64_t size) {
  payload::AlignedBytes zeros(std::min(size, kZeros));
  std::ranges::fill(zeros.span(), '\0');
  while (size > 0) {
    const uint64_t some = std::min(size, zeros.size());
    TRY(write(offset, zeros.view().substr(0, some)));
    offset += some;
    size -= some;
  }
  return {};
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
