// The hand-written codec against the generated classes.
#include <doctest/doctest.h>
#include <etcd/rpc.pb.h>

#include "base/protowire.h"
#include "parts/etcd/wire/kv_requests.h"
#include "parts/etcd/wire/kv_responses.h"

namespace argosy::etcd::wire {
namespace {

constexpr Header kHeader{11, 22, 0, 44};

template <typename Message>
Message parsed(const Bytes& bytes) {
  Message message;
  REQUIRE(message.ParseFromString(bytes));
  // Nothing in it that the generated class does not know, and nothing written that
  // it would leave out.
  CHECK(message.SerializeAsString() == bytes);
  return message;
}

Bytes stored(BytesView key, BytesView value, int64_t revision) {
  return mvcc::encode({key, revision, revision + 1, 1, value, 0});
}

TEST_CASE("a range request has all its fields") {
  etcdserverpb::RangeRequest message;
  message.set_key("k");
  message.set_range_end(std::string("\0", 1));
  message.set_limit(5);
  message.set_revision(-6);
  message.set_sort_order(etcdserverpb::RangeRequest::DESCEND);
  message.set_sort_target(etcdserverpb::RangeRequest::VALUE);
  message.set_serializable(true);
  message.set_keys_only(true);
  message.set_count_only(true);
  message.set_min_mod_revision(1);
  message.set_max_mod_revision(2);
  message.set_min_create_revision(3);
  message.set_max_create_revision(4);
  const auto request = decode_range_request(message.SerializeAsString());
  REQUIRE(request.has_value());
  CHECK(request->key == "k");
  CHECK(request->range_end == std::string("\0", 1));
  CHECK(request->limit == 5);
  CHECK(request->revision == -6);
  CHECK(request->sort_order == mvcc::SortOrder::kDescend);
  CHECK(request->sort_target == mvcc::SortTarget::kValue);
  CHECK(request->serializable);
  CHECK(request->keys_only);
  CHECK(request->count_only);
  CHECK(request->min_mod_revision == 1);
  CHECK(request->max_create_revision == 4);
}

TEST_CASE("a transaction has its compares and both branches, nested ones too") {
  etcdserverpb::TxnRequest message;
  auto* compare = message.add_compare();
  compare->set_result(etcdserverpb::Compare::NOT_EQUAL);
  compare->set_target(etcdserverpb::Compare::VALUE);
  compare->set_key("k");
  compare->set_value("");
  compare->set_range_end("m");
  message.add_success()->mutable_request_put()->set_key("p");
  auto* nested = message.add_failure()->mutable_request_txn();
  nested->add_success()->mutable_request_delete_range()->set_prev_kv(true);
  const auto request = decode_txn_request(message.SerializeAsString());
  REQUIRE(request.has_value());
  REQUIRE(request->compare.size() == 1);
  CHECK(request->compare[0].result == mvcc::CompareResult::kNotEqual);
  CHECK(request->compare[0].operand == mvcc::CompareTarget::kValue);
  CHECK(request->compare[0].range_end == "m");
  CHECK(std::get<mvcc::PutRequest>(request->success[0].request).key == "p");
  const auto& inner = std::get<mvcc::TxnRequest>(request->failure[0].request);
  CHECK(std::get<mvcc::DeleteRangeRequest>(inner.success[0].request).prev_kv);
}

TEST_CASE("transactions nested without end are refused") {
  const auto nested = [](int depth) {
    Bytes bytes;
    for (int i = 0; i < depth; ++i) {
      Bytes op;
      protowire::Writer(op).bytes(4, bytes);
      bytes.clear();
      protowire::Writer(bytes).bytes(2, op);
    }
    return bytes;
  };
  CHECK(decode_txn_request(nested(kMaxTxnDepth)).has_value());
  CHECK(!decode_txn_request(nested(kMaxTxnDepth + 2)).has_value());
  CHECK(!decode_txn_request(nested(2000)).has_value());
}

TEST_CASE("damaged requests are refused in grpc-go's words") {
  for (const Bytes& bytes : {Bytes("\x0a\x05k", 3), Bytes("\x08\x01", 2), Bytes("\xff", 1),
                             Bytes("\x0b", 1), Bytes("\x00\x01", 2)}) {
    const auto request = decode_put_request(bytes);
    REQUIRE(!request.has_value());
    CHECK(request.error().code() == Code::kInternal);
  }
}

TEST_CASE("a range response carries stored bytes as they are") {
  mvcc::RangeResponse response;
  response.revision = 33;
  response.more = true;
  response.count = 9;
  response.kvs.push_back(stored("a", "1", 5));
  response.kvs.push_back(stored("b", "", 6));
  const auto message = parsed<etcdserverpb::RangeResponse>(encode(response, kHeader));
  CHECK(message.header().cluster_id() == 11);
  CHECK(message.header().member_id() == 22);
  CHECK(message.header().revision() == 33);
  CHECK(message.header().raft_term() == 44);
  CHECK(message.more());
  CHECK(message.count() == 9);
  REQUIRE(message.kvs_size() == 2);
  CHECK(message.kvs(0).value() == "1");
  CHECK(message.kvs(1).mod_revision() == 7);
}

TEST_CASE("put, delete and transaction responses") {
  mvcc::PutResponse put{7, stored("a", "old", 1)};
  CHECK(parsed<etcdserverpb::PutResponse>(encode(put, kHeader)).prev_kv().value() == "old");
  mvcc::DeleteRangeResponse erase;
  erase.revision = 8;
  erase.deleted = 2;
  erase.prev_kvs.push_back(stored("x", "y", 1));
  const auto erased = parsed<etcdserverpb::DeleteRangeResponse>(encode(erase, kHeader));
  CHECK(erased.deleted() == 2);
  CHECK(erased.prev_kvs(0).key() == "x");
  mvcc::TxnResponse inner;
  inner.responses.push_back({erase});
  mvcc::TxnResponse txn;
  txn.revision = 9;
  txn.succeeded = true;
  txn.responses.push_back({put});
  txn.responses.push_back({mvcc::RangeResponse{9, {}, false, 4}});
  txn.responses.push_back({inner});
  const auto message = parsed<etcdserverpb::TxnResponse>(encode(txn, kHeader));
  CHECK(message.succeeded());
  REQUIRE(message.responses_size() == 3);
  CHECK(message.responses(0).response_put().header().revision() == 7);
  CHECK(message.responses(0).response_put().header().member_id() == 0);
  CHECK(message.responses(1).response_range().count() == 4);
  const auto& nested = message.responses(2).response_txn();
  CHECK(!nested.has_header());
  CHECK(nested.responses(0).response_delete_range().deleted() == 2);
}

mvcc::WatchResponse watch_response(size_t count) {
  auto batch = std::make_shared<mvcc::EventBatch>();
  for (size_t i = 0; i < count; ++i) {
    Bytes event;
    mvcc::append_event(event, mvcc::EventType::kPut,
                       stored("k", Bytes(100, 'v'), static_cast<int64_t>(i)), std::nullopt);
    batch->wire += '\x5a';  // field 11, bytes
    batch->wire += static_cast<char>((event.size() & 0x7F) | 0x80);
    batch->wire += static_cast<char>(event.size() >> 7);
    batch->wire += event;
    batch->ends.push_back(batch->wire.size());
  }
  mvcc::WatchResponse response;
  response.watch_id = 3;
  response.revision = 12;
  response.events = batch;
  return response;
}

TEST_CASE("a watch response, whole and in fragments") {
  const mvcc::WatchResponse response = watch_response(40);
  const auto whole = encode_watch(response, kHeader, 0);
  REQUIRE(whole.size() == 1);
  etcdserverpb::WatchResponse message;
  REQUIRE(message.ParseFromString(whole[0]));
  CHECK(message.events_size() == 40);
  CHECK(message.watch_id() == 3);
  CHECK(message.header().revision() == 12);
  const auto pieces = encode_watch(response, kHeader, 1000);
  CHECK(pieces.size() > 4);
  int seen = 0;
  for (size_t i = 0; i < pieces.size(); ++i) {
    REQUIRE(message.ParseFromString(pieces[i]));
    CHECK(message.fragment() == (i + 1 < pieces.size()));
    CHECK(pieces[i].size() < 1100);
    for (const auto& event : message.events()) {
      CHECK(event.kv().create_revision() == seen);
      ++seen;
    }
  }
  CHECK(seen == 40);
}

}  // namespace
}  // namespace argosy::etcd::wire
