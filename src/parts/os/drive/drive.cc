#include "parts/os/drive/drive.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/fs.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "base/format.h"

namespace argosy::os {
namespace {

std::unexpected<Error> failed(std::string what, int number) {
  what += ": ";
  what += std::strerror(number);
  return fail(Error(Code::kUnknown, std::move(what)).with_errno(number));
}

std::string_view name_of(gpt::Piece piece) {
  switch (piece) {
    case gpt::Piece::kBootSector:
      return "boot sector";
    case gpt::Piece::kPrimaryHeader:
      return "primary header";
    case gpt::Piece::kPrimaryTable:
      return "primary entries";
    case gpt::Piece::kBackupHeader:
      return "secondary header";
    case gpt::Piece::kBackupTable:
      return "secondary entries";
  }
  return "";
}

// Two edits at once would lose one of them. Where locks are not known it goes on without.
void lock(int fd) {
  while (::flock(fd, LOCK_EX) < 0 && errno == EINTR) {
  }
}

Result<void> write_all(int fd, uint64_t offset, BytesView bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error("write", errno));
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += static_cast<uint64_t>(count);
  }
  return {};
}

}  // namespace

Result<Drive> Drive::open(const std::string& path, const DriveOptions& options) {
  const int mode = (options.write ? O_RDWR : O_RDONLY) | (options.create ? O_CREAT : 0);
  Fd fd(::open(path.c_str(), mode | O_CLOEXEC, 0666));
  if (!fd.is_open()) return failed(format("Can't open {}", path), errno);
  if (options.write) lock(fd.get());
  Drive drive(path, std::move(fd));
  TRY(drive.measure(options));
  TRY(drive.check_readable());
  return drive;
}

Result<void> Drive::measure(const DriveOptions& options) {
  struct stat info{};
  if (::fstat(fd_.get(), &info) < 0) return failed(format("Can't fstat {}", path_), errno);
  const bool is_file = S_ISREG(info.st_mode);
  const uint64_t size = is_file ? TRY(measure_file(static_cast<uint64_t>(info.st_size), options))
                                : TRY(measure_device());
  if (size / geometry_.sector_bytes < options.min_sectors) {
    return fail(Code::kFailedPrecondition,
                format("Drive {} is smaller than minimum: {}", path_, options.min_sectors));
  }
  if (size % geometry_.sector_bytes != 0) {
    return fail(Code::kFailedPrecondition,
                format("Media size ({}) is not a multiple of sector size({})", size,
                       geometry_.sector_bytes));
  }
  geometry_.sectors = size / geometry_.sector_bytes;
  return {};
}

Result<uint64_t> Drive::measure_device() {
  uint64_t size = 0;
  if (::ioctl(fd_.get(), BLKGETSIZE64, &size) < 0) {
    return failed(format("Can't read drive size from {}", path_), errno);
  }
  int sector_bytes = 0;
  if (::ioctl(fd_.get(), BLKSSZGET, &sector_bytes) < 0 || sector_bytes <= 0) {
    return failed(format("Can't read sector size from {}", path_), errno);
  }
  geometry_.sector_bytes = static_cast<uint32_t>(sector_bytes);
  return size;
}

Result<uint64_t> Drive::measure_file(uint64_t size, const DriveOptions& options) {
  if (size / 512 < options.min_sectors && options.write) {
    if (options.min_sectors > INT64_MAX / 512) return failed("Can't extend " + path_, EFBIG);
    size = options.min_sectors * 512;
    if (::ftruncate(fd_.get(), static_cast<off_t>(size)) < 0) {
      return failed(format("Can't extend {}", path_), errno);
    }
  }
  if (size % 4096 == 0 && !is_table_for(512) && is_table_for(4096)) {
    geometry_.sector_bytes = 4096;
  }
  return size;
}

bool Drive::is_table_for(uint32_t sector_bytes) const {
  const Result<Bytes> sector = read(sector_bytes, sector_bytes);
  return sector && sector->starts_with(gpt::kEfiSignature) &&
         gpt::parse_header(*sector).own_lba == gpt::kPrimaryHeaderLba;
}

// What is too short for header and table is refused before anything looks into it.
Result<void> Drive::check_readable() const {
  const uint64_t size = geometry_.sectors * geometry_.sector_bytes;
  const auto rest_after = [&](uint64_t lba) {
    const uint64_t offset = lba * geometry_.sector_bytes;
    return size > offset ? size - offset : 0;
  };
  const uint64_t table_bytes = uint64_t{gpt::kDefaultEntryCount} * gpt::kEntryBytes;
  const auto too_short = [](uint64_t there, uint64_t wanted) {
    return fail(Code::kOutOfRange, format("Can't read enough: {}, not {}", there, wanted));
  };
  if (rest_after(1) == 0) return too_short(0, geometry_.sector_bytes);
  if (rest_after(2) < table_bytes) return too_short(rest_after(2), table_bytes);
  return {};
}

Result<Bytes> Drive::read(uint64_t offset, uint64_t size) const {
  Bytes bytes(size, '\0');
  uint64_t done = 0;
  while (done < size) {
    const ssize_t count =
        ::pread(fd_.get(), bytes.data() + done, size - done, static_cast<off_t>(offset + done));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail(system_error(format("read {}", path_), errno));
    if (count == 0) return fail(Code::kOutOfRange, format("{} ends at {}", path_, offset + done));
    done += static_cast<uint64_t>(count);
  }
  return bytes;
}

gpt::Inspection Drive::inspect() const {
  return gpt::inspect(geometry_,
                      [this](uint64_t offset, uint64_t size) { return read(offset, size); });
}

Result<void> Drive::write(const gpt::Write& write) {
  const auto done = write_all(fd_.get(), write.offset, write.bytes);
  if (done) return {};
  if (write.piece == gpt::Piece::kBootSector) {
    return fail(Code::kUnknown, "Failed to write legacy MBR.");
  }
  return failed(format("Cannot write {}", name_of(write.piece)), done.error().system_errno());
}

Result<void> Drive::carry_out(const gpt::Plan& plan) {
  for (const auto& stage : plan.stages) {
    for (const gpt::Write& one : stage) TRY(write(one));
    if (::fsync(fd_.get()) < 0) return failed(format("Can't sync {}", path_), errno);
  }
  return {};
}

Result<void> Drive::announce_size(int number, uint64_t first_byte, uint64_t bytes) {
  blkpg_partition partition{};
  partition.pno = number;
  partition.start = static_cast<long long>(first_byte);
  partition.length = static_cast<long long>(bytes);
  blkpg_ioctl_arg argument{};
  argument.op = BLKPG_RESIZE_PARTITION;
  argument.datalen = sizeof partition;
  argument.data = &partition;
  if (::ioctl(fd_.get(), BLKPG, &argument) < 0) {
    return fail(system_error("BLKPG_RESIZE_PARTITION", errno));
  }
  return {};
}

}  // namespace argosy::os
