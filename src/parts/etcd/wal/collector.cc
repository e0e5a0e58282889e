#include "parts/etcd/wal/collector.h"

#include <algorithm>

#include "base/format.h"
#include "base/protowire.h"

namespace argosy::etcd::wal {
namespace {

// An entry may be of a term whose state was torn off, but elections take time. A state
// taken for an entry has a member's id here.
constexpr uint64_t kMaxTermsAhead = 1ULL << 32;

std::unexpected<Error> damage(std::string message) {
  return fail(Code::kDataLoss, std::move(message));
}

}  // namespace

Result<raft::HardState> decode_state_record(BytesView data) {
  // An entry taken for a state would have its data in field 4.
  protowire::Reader fields(data);
  while (fields.next()) {
    if (fields.field() > 3) return damage("wal: malformed state record");
  }
  return raftpb::decode_hard_state(data);
}

Result<void> Collector::read_all(LogReader& reader) {
  while (const auto record = TRY(reader.next())) {
    if (auto added = add(*record); !added) {
      return fail(reader.error_here(added.error().code(), added.error().message()));
    }
  }
  if (!has_metadata_) return damage("wal: metadata not found");
  if (!found_start_) return fail(Code::kNotFound, "wal: snapshot not found");
  return {};
}

Result<void> Collector::add(const Record& record) {
  switch (static_cast<RecordType>(record.type)) {
    case RecordType::kMetadata:
      return add_metadata(record.data);
    case RecordType::kEntry:
      return add_entry(record.data);
    case RecordType::kState:
      return add_state(record.data);
    case RecordType::kSnapshot:
      return add_snapshot(record.data);
    case RecordType::kCrc:
      return {};
  }
  return damage(format("unexpected block type {}", record.type));
}

Result<void> Collector::add_metadata(BytesView data) {
  if (has_metadata_ && content_.metadata != data) {
    return fail(Code::kFailedPrecondition, "wal: conflicting metadata found");
  }
  content_.metadata = data;
  has_metadata_ = true;
  return {};
}

Result<void> Collector::add_entry(BytesView data) {
  auto entry = raftpb::decode_entry(data);
  if (!entry) return damage(entry.error().message());
  auto& entries = content_.entries;
  if (entry->term > content_.hard_state.term + kMaxTermsAhead) {
    return damage("wal: entry of an impossible term");
  }
  last_index_ = entry->index;
  if (entry->index <= start_.index) {
    entries.clear();
    return {};
  }
  const uint64_t position = entry->index - start_.index - 1;
  if (position > entries.size()) return damage("wal: slice bounds out of range");
  if (position < entries.size() && entry->index <= content_.hard_state.commit) {
    return damage("wal: committed entry overwritten");
  }
  if (position > 0 && entry->term < entries[position - 1].term) {
    return damage("wal: entry of an earlier term than the one before it");
  }
  entries.resize(position);
  entries.push_back(*std::move(entry));
  return {};
}

Result<void> Collector::add_state(BytesView data) {
  const auto state = decode_state_record(data);
  if (!state) return damage(state.error().message());
  if (state->term < content_.hard_state.term || state->commit < content_.hard_state.commit) {
    return damage("wal: hard state goes back");
  }
  content_.hard_state = *state;
  return {};
}

Result<void> Collector::add_snapshot(BytesView data) {
  const auto snapshot = TRY(decode_snapshot_mark(data));
  last_index_ = std::max(last_index_, snapshot.index);
  if (snapshot.index != start_.index) return {};
  if (snapshot.term != start_.term) {
    return fail(Code::kFailedPrecondition, "wal: snapshot mismatch");
  }
  found_start_ = true;
  return {};
}

}  // namespace argosy::etcd::wal
