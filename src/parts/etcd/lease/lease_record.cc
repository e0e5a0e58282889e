#include "parts/etcd/lease/lease_record.h"

#include "base/protowire.h"

namespace argosy::etcd::lease {
namespace {

enum Field : uint32_t { kIdField = 1, kTtlField = 2, kRemainingTtlField = 3 };

void write_number(protowire::Writer& out, uint32_t field, int64_t value) {
  if (value != 0) out.int64(field, value);
}

}  // namespace

Bytes lease_key(LeaseId id) {
  Bytes key;
  append_be64(key, static_cast<uint64_t>(id.value()));
  return key;
}

Bytes encode(const LeaseRecord& record) {
  Bytes raw;
  protowire::Writer out(raw);
  write_number(out, kIdField, record.id.value());
  write_number(out, kTtlField, record.ttl);
  write_number(out, kRemainingTtlField, record.remaining_ttl);
  return raw;
}

std::optional<LeaseRecord> decode_lease_record(BytesView raw) {
  LeaseRecord record;
  protowire::Reader in(raw);
  while (in.next()) {
    switch (in.field()) {
      case kIdField:
        record.id = LeaseId(in.int64());
        break;
      case kTtlField:
        record.ttl = in.int64();
        break;
      case kRemainingTtlField:
        record.remaining_ttl = in.int64();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return std::nullopt;
  return record;
}

}  // namespace argosy::etcd::lease
