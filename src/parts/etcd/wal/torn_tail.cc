#include "parts/etcd/wal/torn_tail.h"

#include <algorithm>

#include "base/crc32c.h"
#include "parts/etcd/wal/format.h"
#include "parts/etcd/wal/sync_proof.h"

namespace argosy::etcd::wal {
namespace {

uint64_t sector_start(uint64_t at) {
  return at / kSectorBytes * kSectorBytes;
}
uint64_t next_sector(uint64_t at) {
  return sector_start(at) + kSectorBytes;
}

// Where the first sector that was not written begins, after the one with `at` and
// before `end`; the end of the file counts as one.
std::optional<uint64_t> first_lost_sector(BytesView segment, uint64_t at, uint64_t end) {
  for (uint64_t from = next_sector(at); from < std::min(end, segment.size());
       from += kSectorBytes) {
    if (is_all_zero(segment.substr(from, kSectorBytes))) return from;
  }
  if (end > segment.size()) return segment.size();
  return std::nullopt;
}

// The whole record at `at`, if one seems to be there.
std::optional<std::pair<Record, uint64_t>> record_at(BytesView segment, uint64_t at) {
  if (at + kFrameBytes > segment.size()) return std::nullopt;
  const auto frame = parse_length_field(load_le64(segment.data() + at));
  if (!frame || frame->record >= kMaxRecordBytes || at + frame->total() > segment.size()) {
    return std::nullopt;
  }
  const auto record = parse_record(segment.substr(at + kFrameBytes, frame->record));
  if (!record || record->type == 0) return std::nullopt;
  return std::pair(*record, at + frame->total());
}

// Whether the records after `from` prove that a sync came after it. A record counts if
// its checksum goes on from that of the record before it.
bool is_sync_proven_after(BytesView segment, uint64_t from) {
  SyncProof proof;
  from = (from + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
  while (from < segment.size() && !proof.synced_until()) {
    auto here = record_at(segment, from);
    uint64_t at = from;
    from += kRecordAlignment;
    bool is_first = true;
    while (here) {
      const auto following = record_at(segment, here->second);
      if (!following || following->first.crc != crc32c(here->first.crc, following->first.data)) {
        break;
      }
      if (is_first) proof.see(here->first, at, here->second);
      is_first = false;
      at = here->second;
      from = following->second;
      proof.see(following->first, at, from);
      here = following;
    }
  }
  return proof.synced_until().has_value();
}

}  // namespace

bool is_all_zero(BytesView bytes) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    if (load_le64(at) != 0) return false;
  }
  return std::all_of(at, end, [](char byte) { return byte == 0; });
}

bool is_torn_record(BytesView segment, uint64_t at) {
  // Eight aligned bytes are never torn themselves.
  if (segment.size() - at < kFrameBytes) return true;
  const auto frame = parse_length_field(load_le64(segment.data() + at));
  if (!frame) return false;
  const uint64_t begin = at + kFrameBytes;
  const uint64_t end = at + frame->total();
  const auto lost = first_lost_sector(segment, at, end);
  if (!lost) return false;
  if (*lost > begin) {
    const auto expected = frame_by_content(segment.substr(begin, *lost - begin));
    if (expected && expected->record != frame->record) return false;
  }
  return !is_sync_proven_after(segment, std::min<uint64_t>(end, segment.size()));
}

bool is_end_of_log(BytesView segment, uint64_t at) {
  const uint64_t next = next_sector(at);
  if (!is_all_zero(segment.substr(at, next - at))) return false;
  return !is_sync_proven_after(segment, next);
}

}  // namespace argosy::etcd::wal
