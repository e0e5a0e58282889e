// Where an update goes: the slot that does not run, and the files that belong to it.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

struct SlotOptions {
  // The device of the running /usr; empty: what `rootdev -s /usr` says.
  std::string active;
  // The other one; empty: the active one's name with its last character 3 as 4 and 4 as 3.
  std::string other;
  std::string rootdev = "/usr/bin/rootdev";
  // Empty: /boot/coreos if one of its kernels is there, else /boot/flatcar.
  std::string kernel_directory;
  std::string state_directory = "/var/lib/update_engine";
};

struct Slots {
  std::string active;
  std::string other;
  char letter = 'b';          // of the other: 'a' for ...3, 'b' for ...4
  std::string active_kernel;  // need not exist
  std::string kernel;         // of the other, to be written
  std::string pcr_policy;     // of the other, to be written
  uint64_t bytes = 0;         // the other's size
};

// Blocks: it runs rootdev. FailedPrecondition when the two can't be told apart or one is
// missing; NotFound when nothing is known of /usr.
Result<Slots> find_slots(Disk& disk, const SlotOptions& options);

// The device of the running /usr: `options.active`, else as rootdev says. Blocks.
Result<std::string> running_slot(const SlotOptions& options);

// Of a block device, or a file that stands for one.
Result<uint64_t> device_bytes(const std::string& path);

// "/dev/sda4" of "/dev/sda3" and back; InvalidArgument for others.
Result<std::string> other_slot(std::string_view device);

}  // namespace argosy::update_engine
