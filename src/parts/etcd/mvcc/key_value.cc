#include "parts/etcd/mvcc/key_value.h"

#include "base/check.h"
#include "base/protowire.h"

namespace argosy::etcd::mvcc {
namespace {

using protowire::varint_size;
using protowire::Writer;

enum Field : uint32_t {
  kKeyField = 1,
  kCreateRevisionField = 2,
  kModRevisionField = 3,
  kVersionField = 4,
  kValueField = 5,
  kLeaseField = 6,
};
enum EventField : uint32_t { kTypeField = 1, kKvField = 2, kPrevKvField = 3 };

void write_number(Writer& out, uint32_t field, int64_t value) {
  if (value != 0) out.int64(field, value);
}
void write_bytes(Writer& out, uint32_t field, BytesView value) {
  if (!value.empty()) out.bytes(field, value);
}

size_t tag_size(uint32_t field) {
  return varint_size(uint64_t{field} << 3);
}

}  // namespace

void append(Bytes& to, const KeyValueView& kv) {
  Writer out(to);
  write_bytes(out, kKeyField, kv.key);
  write_number(out, kCreateRevisionField, kv.create_revision);
  write_number(out, kModRevisionField, kv.mod_revision);
  write_number(out, kVersionField, kv.version);
  write_bytes(out, kValueField, kv.value);
  write_number(out, kLeaseField, kv.lease);
}

Bytes encode(const KeyValueView& kv) {
  Bytes raw;
  raw.reserve(kv.key.size() + kv.value.size() + 40);
  append(raw, kv);
  return raw;
}

std::optional<KeyValueView> decode_key_value(BytesView raw) {
  KeyValueView kv;
  protowire::Reader in(raw);
  while (in.next()) {
    switch (in.field()) {
      case kKeyField:
        kv.key = in.bytes();
        break;
      case kCreateRevisionField:
        kv.create_revision = in.int64();
        break;
      case kModRevisionField:
        kv.mod_revision = in.int64();
        break;
      case kVersionField:
        kv.version = in.int64();
        break;
      case kValueField:
        kv.value = in.bytes();
        break;
      case kLeaseField:
        kv.lease = in.int64();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return std::nullopt;
  return kv;
}

KeyValueView stored_key_value(BytesView raw) {
  const auto kv = decode_key_value(raw);
  check(kv.has_value(), "a stored KeyValue is damaged");
  return *kv;
}

void RawKeyValues::truncate(size_t count) {
  if (count >= size()) return;
  bytes_.resize(count == 0 ? 0 : ends_[count - 1]);
  ends_.resize(count);
}

void RawKeyValues::reserve(size_t count, size_t bytes) {
  ends_.reserve(count);
  bytes_.reserve(bytes);
}

size_t RawKeyValues::wire_size(uint32_t field) const {
  size_t sum = bytes_.size() + size() * tag_size(field);
  for (size_t i = 0; i < size(); i++) sum += varint_size((*this)[i].size());
  return sum;
}

void RawKeyValues::append_wire(Bytes& to, uint32_t field) const {
  Writer out(to);
  for (size_t i = 0; i < size(); i++) out.bytes(field, (*this)[i]);
}

void append_event(Bytes& to, EventType type, BytesView kv, std::optional<BytesView> prev_kv) {
  Writer out(to);
  if (type != EventType::kPut) out.uint64(kTypeField, static_cast<uint64_t>(type));
  out.bytes(kKvField, kv);
  if (prev_kv) out.bytes(kPrevKvField, *prev_kv);
}

Bytes deleted_key_value(BytesView key, int64_t mod_revision) {
  return encode({.key = key, .mod_revision = mod_revision});
}

}  // namespace argosy::etcd::mvcc
