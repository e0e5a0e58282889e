// The names of the log's segments: <sequence>-<first index>.wal, in 16 hex digits each.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "parts/etcd/raft/types.h"
#include "sys/file/disk.h"

namespace argosy::etcd::wal {

struct SegmentName {
  uint64_t sequence = 0;
  raft::LogIndex first_index;

  std::string text() const;
  bool operator==(const SegmentName&) const = default;
};

std::optional<SegmentName> parse_segment_name(std::string_view name);

// The segments of a directory in order, whatever else is there;
// NotFound "wal: file not found" if there is none.
Result<std::vector<SegmentName>> list_segments(Disk& disk, const std::string& directory);

// From the last segment that begins at or before `index` to the newest; NotFound as
// above if there is none or one between is missing.
Result<std::vector<SegmentName>> segments_from(std::vector<SegmentName> all, raft::LogIndex index);

}  // namespace argosy::etcd::wal
