#include "parts/etcd/wal/encoder.h"

#include "base/crc32c.h"
#include "base/protowire.h"
#include "parts/etcd/raftpb/cursor.h"

namespace argosy::etcd::wal {
namespace {

// More than this is given back after a batch that needed it.
constexpr size_t kKeptCapacity = 4 << 20;
// Tag and number of the type; tag and longest number of the checksum.
constexpr size_t kTypeBytes = 2;
constexpr size_t kMaxCrcBytes = 6;

// Of the field of `size` bytes of data, its tag and length.
size_t data_head_size(size_t size) {
  return size == 0 ? 0 : raftpb::length_field_size(size) - size;
}

}  // namespace

// The data is written where it belongs if the checksum, not known yet, takes five bytes,
// as it does 15 times of 16; else it moves up a little.
template <typename Put>
void Encoder::add(RecordType type, size_t size, Put put) {
  const size_t before = buffer_.size();
  const size_t head = kTypeBytes + kMaxCrcBytes + data_head_size(size);
  size_t after = before + kFrameBytes + head + size + kRecordAlignment;
  buffer_.resize_and_overwrite(after, [&](char* buffer, size_t) {
    char* const frame_at = buffer + before;
    char* const record = frame_at + kFrameBytes;
    char* const data = record + head;
    put(data);
    crc_ = crc32c(crc_, BytesView(data, size));
    char* at = raftpb::put_number<1>(record, static_cast<uint64_t>(type));
    at = raftpb::put_number<2>(at, crc_);
    if (size > 0) at = raftpb::put_length<3>(at, size);
    if (at != data) std::memmove(at, data, size);
    at += size;
    const Frame frame = frame_for(static_cast<uint64_t>(at - record));
    std::memset(at, 0, frame.padding);
    store_le64(frame_at, length_field(frame));
    after = before + frame.total();
    return after;
  });
}

void Encoder::add_crc() {
  add(RecordType::kCrc, 0, [](char*) {});
}

void Encoder::add_metadata(BytesView metadata) {
  add(RecordType::kMetadata, metadata.size(), [&](char* at) { raftpb::put_raw(at, metadata); });
}

void Encoder::add_entry(const raft::Entry& entry) {
  add(RecordType::kEntry, raftpb::encoded_size(entry),
      [&](char* at) { raftpb::encode(entry, at); });
}

void Encoder::add_state(const raft::HardState& state) {
  add(RecordType::kState, raftpb::encoded_size(state),
      [&](char* at) { raftpb::encode(state, at); });
}

void Encoder::add_snapshot(const raftpb::SnapshotMark& snapshot) {
  const size_t size = raftpb::number_field_size(snapshot.index.value()) +
                      raftpb::number_field_size(snapshot.term.value());
  add(RecordType::kSnapshot, size, [&](char* at) {
    at = raftpb::put_number<1>(at, snapshot.index.value());
    raftpb::put_number<2>(at, snapshot.term.value());
  });
}

void Encoder::clear() {
  buffer_.clear();
  if (buffer_.capacity() > kKeptCapacity) buffer_.shrink_to_fit();
}

uint64_t record_size_bound(const raft::Entry& entry) {
  const size_t size = raftpb::encoded_size(entry);
  return kTypeBytes + kMaxCrcBytes + data_head_size(size) + size + kRecordAlignment;
}

Result<raftpb::SnapshotMark> decode_snapshot_mark(BytesView bytes) {
  raftpb::SnapshotMark mark;
  protowire::Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        mark.index = raft::LogIndex(in.uint64());
        break;
      case 2:
        mark.term = raft::Term(in.uint64());
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(Code::kDataLoss, "wal: malformed snapshot record");
  return mark;
}

}  // namespace argosy::etcd::wal
