#include "parts/etcd/wire/kv_responses.h"

#include "base/protowire.h"

namespace argosy::etcd::wire {
namespace {

using protowire::Writer;

Bytes encode_header(const Header& header) {
  Bytes out;
  Writer writer(out);
  if (header.cluster_id != 0) writer.uint64(1, header.cluster_id);
  if (header.member_id != 0) writer.uint64(2, header.member_id);
  if (header.revision != 0) writer.int64(3, header.revision);
  if (header.raft_term != 0) writer.uint64(4, header.raft_term);
  return out;
}

// Everything but the header.
size_t body_size(const mvcc::RangeResponse& response) {
  return response.kvs.wire_size(2) + 2 + 11;
}

void append_body(Bytes& out, const mvcc::RangeResponse& response) {
  response.kvs.append_wire(out, 2);
  Writer writer(out);
  if (response.more) writer.boolean(3, true);
  if (response.count != 0) writer.int64(4, response.count);
}

void append_body(Bytes& out, const mvcc::PutResponse& response) {
  if (response.prev_kv) Writer(out).bytes(2, *response.prev_kv);
}

void append_body(Bytes& out, const mvcc::DeleteRangeResponse& response) {
  if (response.deleted != 0) Writer(out).int64(2, response.deleted);
  response.prev_kvs.append_wire(out, 3);
}

void append_body(Bytes& out, const mvcc::TxnResponse& response);

// Inner headers carry only the revision; in nested transactions not even that.
template <typename Response>
Bytes encode_inner(const Response& response) {
  Bytes out;
  Writer(out).bytes(1, encode_header({.revision = response.revision}));
  append_body(out, response);
  return out;
}

Bytes encode_inner(const mvcc::TxnResponse& response) {
  Bytes out;
  if (response.revision != 0) {
    Writer(out).bytes(1, encode_header({.revision = response.revision}));
  }
  append_body(out, response);
  return out;
}

void append_body(Bytes& out, const mvcc::TxnResponse& response) {
  Writer writer(out);
  if (response.succeeded) writer.boolean(2, true);
  for (const mvcc::ResponseOp& op : response.responses) {
    const Bytes inner = std::visit(
        [&](const auto& value) {
          Bytes encoded;
          if constexpr (!std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            const auto field = static_cast<uint32_t>(op.response.index());
            Writer(encoded).bytes(field, encode_inner(value));
          }
          return encoded;
        },
        op.response);
    writer.bytes(3, inner);
  }
}

template <typename Response>
Bytes encode_with_header(const Response& response, Header header, size_t size_hint) {
  header.revision = response.revision;
  Bytes out;
  out.reserve(size_hint + 64);
  Writer(out).bytes(1, encode_header(header));
  append_body(out, response);
  return out;
}

}  // namespace

Bytes encode_header_only(const Header& header) {
  Bytes out;
  Writer(out).bytes(1, encode_header(header));
  return out;
}

Bytes encode(const mvcc::RangeResponse& response, Header header) {
  return encode_with_header(response, header, body_size(response));
}
Bytes encode(const mvcc::PutResponse& response, Header header) {
  return encode_with_header(response, header, response.prev_kv ? response.prev_kv->size() : 0);
}
Bytes encode(const mvcc::DeleteRangeResponse& response, Header header) {
  return encode_with_header(response, header, response.prev_kvs.wire_size(3));
}
Bytes encode(const mvcc::TxnResponse& response, Header header) {
  return encode_with_header(response, header, 0);
}

Bytes encode_watch(const mvcc::WatchResponse& response, Header header, size_t first_event,
                   size_t event_count, bool is_fragment) {
  header.revision = response.revision;
  Bytes out;
  out.reserve(128 + response.byte_count());
  Writer writer(out);
  writer.bytes(1, encode_header(header));
  if (response.watch_id != 0) writer.int64(2, response.watch_id);
  if (response.created) writer.boolean(3, true);
  if (response.canceled) writer.boolean(4, true);
  if (response.compact_revision != 0) writer.int64(5, response.compact_revision);
  if (!response.cancel_reason.empty()) writer.bytes(6, response.cancel_reason);
  if (is_fragment) writer.boolean(7, true);
  if (event_count > 0) {
    const mvcc::EventBatch& events = *response.events;
    const size_t begin = first_event == 0 ? 0 : events.ends[first_event - 1];
    out += BytesView(events.wire).substr(begin, events.ends[first_event + event_count - 1] - begin);
  }
  return out;
}

std::vector<Bytes> encode_watch(const mvcc::WatchResponse& response, Header header,
                                size_t max_bytes) {
  const size_t count = response.events ? response.events->count() : 0;
  std::vector<Bytes> pieces;
  if (max_bytes == 0 || response.byte_count() + 64 < max_bytes || count < 2) {
    pieces.push_back(encode_watch(response, header, 0, count, false));
    return pieces;
  }
  for (size_t first = 0; first < count;) {
    size_t taken = 1;
    size_t bytes = response.events->field(first).size() + 64;
    while (first + taken < count &&
           bytes + response.events->field(first + taken).size() < max_bytes) {
      bytes += response.events->field(first + taken).size();
      ++taken;
    }
    pieces.push_back(encode_watch(response, header, first, taken, first + taken < count));
    first += taken;
  }
  return pieces;
}

}  // namespace argosy::etcd::wire
