// Raft's values on the wire and on disk: the original's raftpb (proto2), byte for
// byte as 3.4 writes it. Numbers and booleans are written even when zero, bytes only
// when there are some, embedded messages always. Lists of numbers are not packed.
//
// Decoding takes what any version writes: missing fields are zero, unknown ones are
// skipped, packed lists are read. It fails with InvalidArgument on a damaged message,
// a field of another wire type, an unknown enumerator, or more than
// kMaxEntriesPerMessage entries; what it allocates is proportional to the input.
//
// Pure functions. Decoded values own their bytes.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raftpb {

inline constexpr size_t kMaxEntriesPerMessage = 1 << 20;

// Where a snapshot stands in the log. {0, 0} is the beginning, before any snapshot.
struct SnapshotMark {
  raft::LogIndex index;
  raft::Term term;

  bool operator==(const SnapshotMark&) const = default;
};

// Exactly what encode() writes.
size_t encoded_size(const raft::Entry& value);
size_t encoded_size(const raft::HardState& value);
size_t encoded_size(const raft::ConfState& value);
size_t encoded_size(const raft::SnapshotMetadata& value);
size_t encoded_size(const raft::Snapshot& value);
size_t encoded_size(const raft::Message& value);
size_t encoded_size(const raft::ConfChange& value);
size_t encoded_size(const raft::ConfChangeSingle& value);
size_t encoded_size(const raft::ConfChangeV2& value);

// Writes encoded_size(value) bytes to `at` and returns their end.
char* encode(const raft::Entry& value, char* at);
char* encode(const raft::HardState& value, char* at);
char* encode(const raft::ConfState& value, char* at);
char* encode(const raft::SnapshotMetadata& value, char* at);
char* encode(const raft::Snapshot& value, char* at);
char* encode(const raft::Message& value, char* at);
char* encode(const raft::ConfChange& value, char* at);
char* encode(const raft::ConfChangeSingle& value, char* at);
char* encode(const raft::ConfChangeV2& value, char* at);

// Appends the encoding; `out` grows once.
template <typename Value>
void append(Bytes& out, const Value& value) {
  const size_t before = out.size();
  const size_t after = before + encoded_size(value);
  out.resize_and_overwrite(after, [&](char* data, size_t) {
    encode(value, data + before);
    return after;
  });
}

template <typename Value>
Bytes to_bytes(const Value& value) {
  Bytes out;
  append(out, value);
  return out;
}

Result<raft::Entry> decode_entry(BytesView bytes);
Result<raft::HardState> decode_hard_state(BytesView bytes);
Result<raft::ConfState> decode_conf_state(BytesView bytes);
Result<raft::SnapshotMetadata> decode_snapshot_metadata(BytesView bytes);
Result<raft::Snapshot> decode_snapshot(BytesView bytes);
// An empty snapshot, which 3.4 writes into every message, is read as none.
Result<raft::Message> decode_message(BytesView bytes);
Result<raft::ConfChange> decode_conf_change(BytesView bytes);
Result<raft::ConfChangeV2> decode_conf_change_v2(BytesView bytes);

}  // namespace argosy::etcd::raftpb
