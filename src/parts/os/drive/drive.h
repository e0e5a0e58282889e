// A whole disk, or a file that is the image of one, as far as a partition table needs it.
// Errors are in cgpt's words. One thread uses a Drive at a time.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "lib/gpt/inspect.h"
#include "lib/gpt/plan.h"
#include "sys/file/fd.h"

namespace argosy::os {

struct DriveOptions {
  bool write = false;
  bool create = false;       // an image file that is missing; with min_sectors
  uint64_t min_sectors = 0;  // shorter files are extended, shorter devices refused
};

class Drive {
 public:
  // The sectors of an image have 512 bytes, unless its table says 4096. A drive that is opened
  // to be written is locked (flock(2)) until the Drive goes: another one waits, and udev does
  // not look at it meanwhile.
  static Result<Drive> open(const std::string& path, const DriveOptions& options);

  const std::string& path() const { return path_; }
  const gpt::Geometry& geometry() const { return geometry_; }

  // Exactly that many bytes; OutOfRange when the drive ends before.
  Result<Bytes> read(uint64_t offset, uint64_t size) const;
  // Sectors that cannot be read count as damage; one error of the device would hide the
  // copy that can be read.
  gpt::Inspection inspect() const;

  // Stage by stage, each made durable before the next. After an error some of it may be
  // done; the plan's promise holds.
  Result<void> carry_out(const gpt::Plan& plan);

  // Tells the kernel that a partition of this disk has another size now (BLKPG), which is
  // allowed while it is mounted.
  Result<void> announce_size(int number, uint64_t first_byte, uint64_t bytes);

 private:
  Drive(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  Result<void> measure(const DriveOptions& options);
  Result<uint64_t> measure_device();
  Result<uint64_t> measure_file(uint64_t size, const DriveOptions& options);
  Result<void> check_readable() const;
  bool is_table_for(uint32_t sector_bytes) const;
  Result<void> write(const gpt::Write& write);

  std::string path_;
  Fd fd_;
  gpt::Geometry geometry_;
};

}  // namespace argosy::os
