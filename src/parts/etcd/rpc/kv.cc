// etcdserverpb.KV.
#include "parts/etcd/error/errors.h"
#include "parts/etcd/mvcc/check_request.h"
#include "parts/etcd/mvcc/range.h"
#include "parts/etcd/rpc/admission.h"
#include "parts/etcd/rpc/services.h"
#include "parts/etcd/wire/kv_requests.h"

namespace argosy::etcd::rpc {
namespace {

using grpc::CallInfo;
using member::Member;

// Slice by slice, so that a large range never holds up the loop. A compaction that
// overtakes a read of the current revision only means that it must be read again.
Task<mvcc::RangeResponse> read_range(Member& member, mvcc::RangeRequest request) {
  while (true) {
    auto cursor = mvcc::RangeCursor::open(member.state().store(), request);
    if (!cursor) co_return fail(std::move(cursor).error());
    Result<bool> done = cursor->step();
    while (done && !*done) {
      co_await sleep_for(member.loop(), Duration(0));
      done = cursor->step();
    }
    if (done) co_return cursor->take();
    if (request.revision > 0) co_return fail(std::move(done).error());
  }
}

Task<Bytes> range(Member& member, const CallInfo& info, BytesView raw) {
  mvcc::RangeRequest request = co_await wire::decode_range_request(raw);
  co_await admit(info, member, request.serializable ? OnLearner::kServed : OnLearner::kRefused);
  co_await mvcc::check_range(request);
  if (!request.serializable) co_await member.linearize();
  if (member.state().alarms().is_raised(apply::AlarmType::kCorrupt)) {
    co_return fail(error::corrupt());
  }
  ++member.counters().ranges;
  const mvcc::RangeResponse response = co_await read_range(member, std::move(request));
  co_return wire::encode(response, member.header());
}

// Refused before it is proposed when it would not fit; the alarm follows.
template <typename Request>
Result<void> check_space(Member& member, const Request& request) {
  if (!apply::is_over_quota({0, request}, member.backend().size(), member.quota())) return {};
  member.raise_no_space();
  return fail(error::no_space());
}

Task<Bytes> put(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const mvcc::PutRequest request = co_await wire::decode_put_request(raw);
  co_await mvcc::check_put(request);
  if (member.is_near_quota()) co_await check_space(member, request);
  const apply::Response response = co_await member.propose(apply::kPutField, Bytes(raw));
  co_return wire::encode(std::get<mvcc::PutResponse>(response), member.header());
}

Task<Bytes> delete_range(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const mvcc::DeleteRangeRequest request = co_await wire::decode_delete_range_request(raw);
  co_await mvcc::check_delete_range(request);
  const apply::Response response = co_await member.propose(apply::kDeleteRangeField, Bytes(raw));
  co_return wire::encode(std::get<mvcc::DeleteRangeResponse>(response), member.header());
}

Task<Bytes> txn(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const mvcc::TxnRequest request = co_await wire::decode_txn_request(raw);
  co_await mvcc::check_txn(request, member.options().max_txn_ops);
  if (member.is_near_quota()) co_await check_space(member, request);
  if (mvcc::is_read_only(request)) {
    if (!mvcc::is_serializable(request)) co_await member.linearize();
    const mvcc::TxnResponse response = co_await mvcc::read_txn(member.state().store(), request);
    co_return wire::encode(response, member.header());
  }
  const apply::Response response = co_await member.propose(apply::kTxnField, Bytes(raw));
  co_return wire::encode(std::get<mvcc::TxnResponse>(response), member.header());
}

Task<Bytes> compact(Member& member, const CallInfo& info, BytesView raw) {
  co_await admit(info, member);
  const wire::CompactionRequest request = co_await wire::decode_compaction_request(raw);
  const apply::Response response = co_await member.propose(apply::kCompactionField, Bytes(raw));
  if (request.physical) co_await member.wait_compacted(request.revision);
  wire::Header header = member.header();
  header.revision = std::get<apply::Compacted>(response).revision;
  co_return wire::encode_header_only(header);
}

}  // namespace

void add_kv(grpc::Server& server, Member& member) {
  const auto add = [&](const char* path,
                       Task<Bytes> (*handler)(Member&, const CallInfo&, BytesView)) {
    server.add_unary(path, [&member, handler](const CallInfo& info, BytesView request) {
      return handler(member, info, request);
    });
  };
  add("/etcdserverpb.KV/Range", range);
  add("/etcdserverpb.KV/Put", put);
  add("/etcdserverpb.KV/DeleteRange", delete_range);
  add("/etcdserverpb.KV/Txn", txn);
  add("/etcdserverpb.KV/Compact", compact);
}

}  // namespace argosy::etcd::rpc
