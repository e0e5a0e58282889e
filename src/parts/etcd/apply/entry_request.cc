#include "parts/etcd/apply/entry_request.h"

#include "base/format.h"
#include "base/protowire.h"

namespace argosy::etcd::apply {
namespace {

using protowire::Reader;
using protowire::Writer;

constexpr uint32_t kHeaderField = 100;
constexpr uint32_t kV2Field = 2;

Error damaged(const char* what) {
  return Error(Code::kDataLoss, format("damaged {}", what));
}

Result<uint64_t> decode_header_id(BytesView bytes) {
  uint64_t id = 0;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) id = in.uint64();
  }
  if (in.failed()) return fail(damaged("request header"));
  return id;
}

Result<LeaseGrant> decode_grant(BytesView bytes) {
  LeaseGrant request;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) request.ttl = in.int64();
    if (in.field() == 2) request.id = in.int64();
  }
  if (in.failed()) return fail(damaged("lease grant"));
  return request;
}

Result<LeaseRevoke> decode_revoke(BytesView bytes) {
  LeaseRevoke request;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) request.id = in.int64();
  }
  if (in.failed()) return fail(damaged("lease revoke"));
  return request;
}

Result<LeaseCheckpoints> decode_checkpoints(BytesView bytes) {
  LeaseCheckpoints request;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() != 1) continue;
    LeaseCheckpoints::One one;
    Reader inner(in.bytes());
    while (inner.next()) {
      if (inner.field() == 1) one.id = inner.int64();
      if (inner.field() == 2) one.remaining_ttl = inner.int64();
    }
    if (inner.failed()) return fail(damaged("lease checkpoint"));
    request.list.push_back(one);
  }
  if (in.failed()) return fail(damaged("lease checkpoints"));
  return request;
}

Result<AlarmRequest> decode_alarm(BytesView bytes) {
  AlarmRequest request;
  Reader in(bytes);
  while (in.next()) {
    if (in.field() == 1) request.action = static_cast<AlarmAction>(in.int64());
    if (in.field() == 2) request.member_id = in.uint64();
    if (in.field() == 3) request.alarm = static_cast<AlarmType>(in.int64());
  }
  if (in.failed()) return fail(damaged("alarm request"));
  return request;
}

Result<V2Request> decode_v2(BytesView bytes) {
  V2Request request;
  Reader in(bytes);
  while (in.next()) {
    switch (in.field()) {
      case 1:
        request.id = in.uint64();
        break;
      case 2:
        request.method = in.bytes();
        break;
      case 3:
        request.path = in.bytes();
        break;
      case 4:
        request.value = in.bytes();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(damaged("entry"));
  return request;
}

Result<void> decode_body(Reader& in, EntryRequest& request) {
  switch (in.field()) {
    case kRangeField:
      request.body = TRY(wire::decode_range_request(in.bytes()));
      break;
    case kPutField:
      request.body = TRY(wire::decode_put_request(in.bytes()));
      break;
    case kDeleteRangeField:
      request.body = TRY(wire::decode_delete_range_request(in.bytes()));
      break;
    case kTxnField:
      request.body = TRY(wire::decode_txn_request(in.bytes()));
      break;
    case kCompactionField:
      request.body = TRY(wire::decode_compaction_request(in.bytes()));
      break;
    case kLeaseGrantField:
      request.body = TRY(decode_grant(in.bytes()));
      break;
    case kLeaseRevokeField:
      request.body = TRY(decode_revoke(in.bytes()));
      break;
    case kAlarmField:
      request.body = TRY(decode_alarm(in.bytes()));
      break;
    case kLeaseCheckpointField:
      request.body = TRY(decode_checkpoints(in.bytes()));
      break;
    default:
      if (in.type() == protowire::WireType::kBytes) request.body = Unsupported{in.field()};
      break;
  }
  return {};
}

// Empty: not an InternalRaftRequest, or one that holds a v2 request.
Result<std::optional<EntryRequest>> decode_internal(BytesView data) {
  EntryRequest request;
  uint64_t bare_id = 0;
  Reader in(data);
  while (in.next()) {
    if (in.field() == 1 && in.type() == protowire::WireType::kVarint) {
      bare_id = in.uint64();
    } else if (in.field() == kHeaderField && in.type() == protowire::WireType::kBytes) {
      request.id = TRY(decode_header_id(in.bytes()));
    } else if (in.field() == kV2Field || in.type() != protowire::WireType::kBytes) {
      return std::nullopt;
    } else {
      TRY(decode_body(in, request));
    }
  }
  if (in.failed()) return std::nullopt;
  if (request.id == 0) request.id = bare_id;
  return request;
}

}  // namespace

Result<EntryRequest> decode_entry(BytesView data) {
  auto internal = decode_internal(data);
  if (internal && *internal) return **std::move(internal);
  V2Request v2 = TRY(decode_v2(data));
  if (v2.method.empty()) return fail(internal ? damaged("entry") : internal.error());
  EntryRequest request;
  request.id = v2.id;
  request.body = std::move(v2);
  return request;
}

Bytes encode_entry(uint64_t id, uint32_t field, BytesView request) {
  Bytes header;
  Writer(header).uint64(1, id);
  Bytes out;
  out.reserve(request.size() + header.size() + 16);
  Writer writer(out);
  writer.bytes(field, request);
  writer.bytes(kHeaderField, header);
  return out;
}

// proto2 in the original: every field that is not a pointer is written.
Bytes encode_v2(const V2Request& request) {
  Bytes out;
  Writer writer(out);
  writer.uint64(1, request.id);
  writer.bytes(2, request.method);
  writer.bytes(3, request.path);
  writer.bytes(4, request.value);
  writer.boolean(5, false);   // Dir
  writer.bytes(6, "");        // PrevValue
  writer.uint64(7, 0);        // PrevIndex
  writer.int64(9, 0);         // Expiration
  writer.boolean(10, false);  // Wait
  writer.uint64(11, 0);       // Since
  writer.boolean(12, false);  // Recursive
  writer.boolean(13, false);  // Sorted
  writer.boolean(14, false);  // Quorum
  writer.int64(15, 0);        // Time
  writer.boolean(16, false);  // Stream
  return out;
}

Bytes encode(const LeaseGrant& request) {
  Bytes out;
  Writer writer(out);
  if (request.ttl != 0) writer.int64(1, request.ttl);
  if (request.id != 0) writer.int64(2, request.id);
  return out;
}

Bytes encode(const LeaseRevoke& request) {
  Bytes out;
  if (request.id != 0) Writer(out).int64(1, request.id);
  return out;
}

Bytes encode(const LeaseCheckpoints& request) {
  Bytes out;
  for (const LeaseCheckpoints::One& one : request.list) {
    Bytes inner;
    Writer writer(inner);
    if (one.id != 0) writer.int64(1, one.id);
    if (one.remaining_ttl != 0) writer.int64(2, one.remaining_ttl);
    Writer(out).bytes(1, inner);
  }
  return out;
}

Bytes encode(const AlarmRequest& request) {
  Bytes out;
  Writer writer(out);
  if (request.action != AlarmAction::kGet) writer.int64(1, static_cast<int64_t>(request.action));
  if (request.member_id != 0) writer.uint64(2, request.member_id);
  if (request.alarm != AlarmType::kNone) writer.int64(3, static_cast<int64_t>(request.alarm));
  return out;
}

}  // namespace argosy::etcd::apply
