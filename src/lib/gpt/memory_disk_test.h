// A disk in memory to which plans are carried out, whole or in part.
#pragma once

#include "base/check.h"
#include "lib/gpt/inspect.h"
#include "lib/gpt/plan.h"

namespace argosy::gpt {

struct MemoryDisk {
  explicit MemoryDisk(const Geometry& disk)
      : geometry(disk), bytes(disk.sectors * disk.sector_bytes, '\0') {}

  Inspection look() const { return inspect(geometry, reader_of(bytes)); }
  // The first `size` bytes of a write.
  void apply(const Write& write, size_t size) {
    check(write.offset + write.bytes.size() <= bytes.size(), "a write beyond the disk");
    bytes.replace(write.offset, size, write.bytes, 0, size);
  }
  void apply(const Plan& plan) {
    for (const auto& stage : plan.stages) {
      for (const Write& write : stage) apply(write, write.bytes.size());
    }
  }
  void store(const Table& table) {
    Mbr mbr;
    mbr.protect(geometry, table);
    apply(plan_update(look(), table, mbr));
  }
  void grow(uint64_t sectors) {
    geometry.sectors += sectors;
    bytes.resize(geometry.sectors * geometry.sector_bytes, '\0');
  }
  void flip(uint64_t offset) { bytes[offset] = static_cast<char>(bytes[offset] ^ 0x5a); }

  Geometry geometry;
  Bytes bytes;
};

}  // namespace argosy::gpt
