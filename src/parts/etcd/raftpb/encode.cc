#include "parts/etcd/raftpb/cursor.h"
#include "parts/etcd/raftpb/raftpb.h"

namespace argosy::etcd::raftpb {
namespace {

template <typename Enum>
uint64_t number(Enum value) {
  return static_cast<uint64_t>(value);
}

size_t list_size(const std::vector<raft::NodeId>& ids) {
  size_t size = 0;
  for (const raft::NodeId id : ids) size += number_field_size(id.value());
  return size;
}

template <uint32_t kField>
char* put_list(char* at, const std::vector<raft::NodeId>& ids) {
  for (const raft::NodeId id : ids) at = put_number<kField>(at, id.value());
  return at;
}

template <uint32_t kField, typename Value>
char* put_message(char* at, const Value& value) {
  return encode(value, put_length<kField>(at, encoded_size(value)));
}

const raft::Snapshot& snapshot_of(const raft::Message& message) {
  static const raft::Snapshot none;
  return message.snapshot ? *message.snapshot : none;
}

}  // namespace

size_t encoded_size(const raft::Entry& value) {
  return number_field_size(number(value.type)) + number_field_size(value.term.value()) +
         number_field_size(value.index.value()) + bytes_field_size(value.data.view());
}

char* encode(const raft::Entry& value, char* at) {
  at = put_number<1>(at, number(value.type));
  at = put_number<2>(at, value.term.value());
  at = put_number<3>(at, value.index.value());
  return put_bytes<4>(at, value.data.view());
}

size_t encoded_size(const raft::HardState& value) {
  return number_field_size(value.term.value()) + number_field_size(value.vote.value()) +
         number_field_size(value.commit.value());
}

char* encode(const raft::HardState& value, char* at) {
  at = put_number<1>(at, value.term.value());
  at = put_number<2>(at, value.vote.value());
  return put_number<3>(at, value.commit.value());
}

size_t encoded_size(const raft::ConfState& value) {
  return list_size(value.voters) + list_size(value.learners) + list_size(value.voters_outgoing) +
         list_size(value.learners_next) + number_field_size(value.auto_leave);
}

char* encode(const raft::ConfState& value, char* at) {
  at = put_list<1>(at, value.voters);
  at = put_list<2>(at, value.learners);
  at = put_list<3>(at, value.voters_outgoing);
  at = put_list<4>(at, value.learners_next);
  return put_number<5>(at, value.auto_leave);
}

size_t encoded_size(const raft::SnapshotMetadata& value) {
  return length_field_size(encoded_size(value.conf_state)) +
         number_field_size(value.index.value()) + number_field_size(value.term.value());
}

char* encode(const raft::SnapshotMetadata& value, char* at) {
  at = put_message<1>(at, value.conf_state);
  at = put_number<2>(at, value.index.value());
  return put_number<3>(at, value.term.value());
}

size_t encoded_size(const raft::Snapshot& value) {
  return bytes_field_size(value.data.view()) + length_field_size(encoded_size(value.metadata));
}

char* encode(const raft::Snapshot& value, char* at) {
  at = put_bytes<1>(at, value.data.view());
  return put_message<2>(at, value.metadata);
}

size_t encoded_size(const raft::Message& value) {
  size_t size = number_field_size(number(value.type)) + number_field_size(value.to.value()) +
                number_field_size(value.from.value()) + number_field_size(value.term.value()) +
                number_field_size(value.log_term.value()) + number_field_size(value.index.value()) +
                number_field_size(value.commit.value()) +
                length_field_size(encoded_size(snapshot_of(value))) +
                number_field_size(value.reject) + number_field_size(value.reject_hint.value()) +
                bytes_field_size(value.context);
  for (const raft::Entry& entry : value.entries) size += length_field_size(encoded_size(entry));
  return size;
}

char* encode(const raft::Message& value, char* at) {
  at = put_number<1>(at, number(value.type));
  at = put_number<2>(at, value.to.value());
  at = put_number<3>(at, value.from.value());
  at = put_number<4>(at, value.term.value());
  at = put_number<5>(at, value.log_term.value());
  at = put_number<6>(at, value.index.value());
  for (const raft::Entry& entry : value.entries) at = put_message<7>(at, entry);
  at = put_number<8>(at, value.commit.value());
  at = put_message<9>(at, snapshot_of(value));
  at = put_number<10>(at, value.reject);
  at = put_number<11>(at, value.reject_hint.value());
  return put_bytes<12>(at, value.context);
}

size_t encoded_size(const raft::ConfChange& value) {
  return number_field_size(value.id) + number_field_size(number(value.type)) +
         number_field_size(value.node_id.value()) + bytes_field_size(value.context);
}

char* encode(const raft::ConfChange& value, char* at) {
  at = put_number<1>(at, value.id);
  at = put_number<2>(at, number(value.type));
  at = put_number<3>(at, value.node_id.value());
  return put_bytes<4>(at, value.context);
}

size_t encoded_size(const raft::ConfChangeSingle& value) {
  return number_field_size(number(value.type)) + number_field_size(value.node_id.value());
}

char* encode(const raft::ConfChangeSingle& value, char* at) {
  at = put_number<1>(at, number(value.type));
  return put_number<2>(at, value.node_id.value());
}

size_t encoded_size(const raft::ConfChangeV2& value) {
  size_t size = number_field_size(number(value.transition)) + bytes_field_size(value.context);
  for (const raft::ConfChangeSingle& change : value.changes) {
    size += length_field_size(encoded_size(change));
  }
  return size;
}

char* encode(const raft::ConfChangeV2& value, char* at) {
  at = put_number<1>(at, number(value.transition));
  for (const raft::ConfChangeSingle& change : value.changes) at = put_message<2>(at, change);
  return put_bytes<3>(at, value.context);
}

}  // namespace argosy::etcd::raftpb
