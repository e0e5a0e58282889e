// mvccpb.KeyValue and mvccpb.Event in their wire form, by hand: the value stored
// for a revision is this very message, so that a range answers with stored bytes.
// Numbers are written as proto3 does: zero and empty fields are left out.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

// A decoded mvccpb.KeyValue that borrows from its bytes.
struct KeyValueView {
  BytesView key;
  int64_t create_revision = 0;
  int64_t mod_revision = 0;
  int64_t version = 0;
  BytesView value;
  int64_t lease = 0;

  bool operator==(const KeyValueView&) const = default;
};

Bytes encode(const KeyValueView& kv);
void append(Bytes& to, const KeyValueView& kv);
// Empty when the bytes are not such a message. Unknown fields are skipped.
std::optional<KeyValueView> decode_key_value(BytesView raw);
// For bytes that this store has written: fails a check when they are damaged.
KeyValueView stored_key_value(BytesView raw);

// Several encoded KeyValues in one piece of memory.
class RawKeyValues {
 public:
  size_t size() const { return ends_.size(); }
  bool empty() const { return ends_.empty(); }
  // Good until the next change.
  BytesView operator[](size_t i) const {
    const size_t begin = i == 0 ? 0 : ends_[i - 1];
    return BytesView(bytes_).substr(begin, ends_[i] - begin);
  }
  KeyValueView decoded(size_t i) const { return stored_key_value((*this)[i]); }
  size_t byte_count() const { return bytes_.size(); }

  void push_back(BytesView raw) {
    bytes_ += raw;
    ends_.push_back(bytes_.size());
  }
  void push_back(const KeyValueView& kv) {
    append(bytes_, kv);
    ends_.push_back(bytes_.size());
  }
  void truncate(size_t count);
  void reserve(size_t count, size_t bytes);

  // As the repeated field `field` of a message: for each a tag, a length, the bytes.
  size_t wire_size(uint32_t field) const;
  void append_wire(Bytes& to, uint32_t field) const;

 private:
  Bytes bytes_;
  std::vector<size_t> ends_;
};

enum class EventType : uint8_t { kPut = 0, kDelete = 1 };

// `kv` and `prev_kv` are encoded KeyValues; an absent prev_kv is nullopt.
void append_event(Bytes& to, EventType type, BytesView kv, std::optional<BytesView> prev_kv);
// What a DELETE event shows: the key and the revision of the deletion.
Bytes deleted_key_value(BytesView key, int64_t mod_revision);

}  // namespace argosy::etcd::mvcc
