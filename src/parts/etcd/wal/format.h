// The numbers of the log's format, shared by its writer and its reader
// (docs/formats/wal.md).
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::etcd::wal {

// walpb.Record's type; any other number is an error.
enum class RecordType : uint64_t {
  kMetadata = 1,
  kEntry = 2,
  kState = 3,
  kCrc = 4,
  kSnapshot = 5,
};

inline constexpr uint64_t kFrameBytes = 8;
inline constexpr uint64_t kRecordAlignment = 8;
// A record with its padding is smaller; 3.4 reads no larger ones.
inline constexpr uint64_t kMaxRecordBytes = 10ULL << 20;
// What a disk writes as a whole or not at all.
inline constexpr uint64_t kSectorBytes = 512;

// The length field before a record: the size in the low 56 bits; where there is
// padding, the high byte is 0x80 plus its size.
struct Frame {
  uint64_t record = 0;
  uint64_t padding = 0;

  uint64_t total() const { return kFrameBytes + record + padding; }
};

constexpr Frame frame_for(uint64_t record_size) {
  return {record_size, (kRecordAlignment - record_size % kRecordAlignment) % kRecordAlignment};
}
constexpr uint64_t length_field(Frame frame) {
  return frame.padding == 0 ? frame.record : frame.record | (0x80 | frame.padding) << 56;
}
// Empty for zero and for what no writer writes.
constexpr std::optional<Frame> parse_length_field(uint64_t field) {
  const Frame frame = frame_for(field & ((1ULL << 56) - 1));
  if (field == 0 || length_field(frame) != field) return std::nullopt;
  return frame;
}

// A record as it stands in a segment; `data` borrows from there.
struct Record {
  uint64_t type = 0;
  uint32_t crc = 0;
  BytesView data;

  bool is(RecordType wanted) const { return type == static_cast<uint64_t>(wanted); }
};

// DataLoss "wal: malformed record" when it is no walpb.Record.
Result<Record> parse_record(BytesView bytes);
// What a record's frame would be, judged by the record's first bytes alone; empty when
// these are too few. A record that begins otherwise than writers write has none (a frame
// of size 0).
std::optional<Frame> frame_by_content(BytesView prefix);

}  // namespace argosy::etcd::wal
