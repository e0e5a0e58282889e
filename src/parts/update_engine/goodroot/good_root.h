// What ran is good and shall stay: the running /usr slot is marked successful, without tries,
// and becomes the first to boot, after its table has been repaired (coreos-setgoodroot).
// Each step reaches the disk such that a crash leaves a whole table.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

struct SlotOfDisk {
  std::string disk;     // a whole disk's device or its image
  uint32_t number = 0;  // of the partition
};
// Of a partition's device, as sysfs says.
Result<SlotOfDisk> slot_of_device(const std::string& device, const std::string& sys = "/sys");

struct SlotStanding {
  bool is_good = false;    // successful before
  bool has_other = false;  // another one would boot, if this one were not there
};
Result<SlotStanding> standing_of(Disk& disk, const SlotOfDisk& slot);

// A table that says so already is not written.
Result<void> mark_good(Disk& disk, const SlotOfDisk& slot);
// What ran is not good: it loses success, tries and priority, so that the next boot takes
// another slot. FailedPrecondition when there is no other to boot; then nothing is written.
Result<void> give_up(Disk& disk, const SlotOfDisk& slot);

}  // namespace argosy::update_engine
