// What the tests of this folder share: a simulated disk with a log on it.
#pragma once

#include <doctest/doctest.h>
#include <fstream>
#include <string>
#include <vector>

#include "parts/etcd/wal/wal.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::wal {

inline const std::string kDirectory = "member/wal";
inline constexpr WalOptions kSmall{.segment_bytes = 4096};

inline std::unique_ptr<sim::SimDisk> disk_with_home() {
  auto disk = std::make_unique<sim::SimDisk>();
  REQUIRE(disk->make_directories("member", 0700));
  REQUIRE(disk->sync_directory("/"));
  return disk;
}

inline raft::Entry entry_at(uint64_t index, uint64_t term, Bytes data) {
  return {raft::EntryType::kNormal, raft::Term(term), raft::LogIndex(index),
          SharedBytes(std::move(data))};
}

inline raft::HardState state_of(uint64_t term, uint64_t commit) {
  return {raft::Term(term), raft::NodeId(0x8e9e05c52164694d), raft::LogIndex(commit)};
}

inline WalSnapshot mark(uint64_t index, uint64_t term) {
  return {raft::LogIndex(index), raft::Term(term)};
}

inline Result<Wal::Opened> open_wal(Disk& disk, WalSnapshot from = {},
                                    WalOptions options = kSmall) {
  return Wal::open(disk, kDirectory, from, options);
}

inline std::string segment_path(uint64_t sequence, uint64_t index) {
  return join_path(kDirectory, SegmentName{sequence, raft::LogIndex(index)}.text());
}

inline Bytes hex_file(const std::string& path) {
  std::ifstream file(path);
  std::string text;
  for (std::string line; std::getline(file, line);) text += line;
  return from_hex(text).value();
}

}  // namespace argosy::etcd::wal
