#include "parts/etcd/wal/segment_name.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"

namespace argosy::etcd::wal {

std::string SegmentName::text() const {
  return format("{}-{}.wal", to_hex16(sequence), to_hex16(first_index.value()));
}

std::optional<SegmentName> parse_segment_name(std::string_view name) {
  if (name.size() != 37 || name[16] != '-' || !name.ends_with(".wal")) return std::nullopt;
  const auto sequence = parse_hex(name.substr(0, 16));
  const auto index = parse_hex(name.substr(17, 16));
  if (!sequence || !index) return std::nullopt;
  return SegmentName{*sequence, raft::LogIndex(*index)};
}

Result<std::vector<SegmentName>> list_segments(Disk& disk, const std::string& directory) {
  std::vector<SegmentName> segments;
  for (const std::string& name : TRY(disk.list(directory))) {
    if (const auto parsed = parse_segment_name(name)) segments.push_back(*parsed);
  }
  if (segments.empty()) {
    return fail(Error(Code::kNotFound, "wal: file not found").context(directory));
  }
  std::ranges::sort(segments, {}, &SegmentName::sequence);
  return segments;
}

Result<std::vector<SegmentName>> segments_from(std::vector<SegmentName> all, raft::LogIndex index) {
  const auto first = std::find_if(
      all.rbegin(), all.rend(), [&](const SegmentName& name) { return name.first_index <= index; });
  if (first == all.rend()) return fail(Code::kNotFound, "wal: file not found");
  all.erase(all.begin(), std::prev(first.base()));
  for (size_t i = 1; i < all.size(); ++i) {
    if (all[i].sequence != all[i - 1].sequence + 1) {
      return fail(Error(Code::kNotFound, "wal: file not found")
                      .context(format("after {}", all[i - 1].text())));
    }
  }
  return all;
}

}  // namespace argosy::etcd::wal
