// Leases live on the leader: other members ask it (POST /leases, /leases/internal).
#include "base/format.h"
#include "base/protowire.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/member/member.h"

namespace argosy::etcd::member {
namespace {

using protowire::Reader;
using protowire::Writer;

constexpr size_t kMaxRequest = 1 << 20;
constexpr Duration kRetry = milliseconds(50);

// LeaseKeepAliveRequest, or what is common to it and LeaseTimeToLiveRequest.
struct LeaseQuestion {
  int64_t id = 0;
  bool with_keys = false;
};

Result<LeaseQuestion> decode_question(BytesView bytes) {
  LeaseQuestion question;
  Reader in(bytes);
  while (in.next()) {
    if (in.type() != protowire::WireType::kVarint) continue;
    if (in.field() == 1) question.id = in.int64();
    if (in.field() == 2) question.with_keys = in.boolean();
  }
  if (in.failed()) return fail(Code::kInvalidArgument, "error unmarshalling request");
  return question;
}

// Of a LeaseInternalRequest.
Result<LeaseQuestion> decode_internal_question(BytesView bytes) {
  Reader in(bytes);
  LeaseQuestion question;
  while (in.next()) {
    if (in.field() == 1 && in.type() == protowire::WireType::kBytes) {
      question = TRY(decode_question(in.bytes()));
    }
  }
  if (in.failed()) return fail(Code::kInvalidArgument, "error unmarshalling request");
  return question;
}

// LeaseTimeToLiveRequest inside LeaseInternalRequest, and its answer.
Bytes encode_time_to_live_request(int64_t id, bool with_keys) {
  Bytes inner;
  Writer writer(inner);
  writer.int64(1, id);
  if (with_keys) writer.boolean(2, true);
  Bytes out;
  Writer(out).bytes(1, inner);
  return out;
}

Bytes encode_time_to_live(int64_t id, const lease::TimeToLive& answer) {
  Bytes inner;
  Writer writer(inner);
  writer.bytes(1, "");
  writer.int64(2, id);
  if (answer.remaining != 0) writer.int64(3, answer.remaining);
  if (answer.granted_ttl != 0) writer.int64(4, answer.granted_ttl);
  for (const Bytes& key : answer.keys) writer.bytes(5, key);
  Bytes out;
  Writer(out).bytes(1, inner);
  return out;
}

Result<lease::TimeToLive> decode_time_to_live(BytesView bytes) {
  lease::TimeToLive answer;
  Reader outer(bytes);
  while (outer.next()) {
    if (outer.field() != 1) continue;
    Reader in(outer.bytes());
    while (in.next()) {
      if (in.field() == 3) answer.remaining = in.int64();
      if (in.field() == 4) answer.granted_ttl = in.int64();
      if (in.field() == 5) answer.keys.emplace_back(in.bytes());
    }
    if (in.failed()) return fail(Code::kInternal, "damaged answer of the leader");
  }
  if (outer.failed()) return fail(Code::kInternal, "damaged answer of the leader");
  return answer;
}

Headers protobuf_body() {
  return {{"Content-Type", "application/protobuf"}};
}

}  // namespace

Task<int64_t> Member::renew_lease(int64_t id) {
  const MonotonicTime began = parts_.loop.now();
  const MonotonicTime deadline = began + request_timeout(options_);
  while (parts_.loop.now() < deadline) {
    if (is_leader()) {
      const lease::Lessor::Renewed renewed =
          co_await state_->lessor().renew(lease::LeaseId(id), parts_.loop.now());
      if (renewed.result == lease::Renewal::kRenewed) {
        ++counters_.leases_renewed;
        co_return renewed.ttl;
      }
    } else if (leader() != 0) {
      Bytes body;
      Writer(body).int64(1, id);
      const auto answer =
          co_await result(ask_leader("POST", "/leases", protobuf_body(), std::move(body)));
      if (answer) {
        int64_t ttl = 0;
        Reader in(*answer);
        while (in.next()) {
          if (in.field() == 3) ttl = in.int64();
        }
        co_return ttl;
      }
      if (answer.error().code() == Code::kNotFound) co_return fail(error::lease_not_found());
    }
    co_await sleep_for(parts_.loop, kRetry);
  }
  co_return fail(error::timeout());
}

Task<lease::TimeToLive> Member::lease_time_to_live(int64_t id, bool with_keys) {
  const MonotonicTime deadline = parts_.loop.now() + request_timeout(options_);
  while (parts_.loop.now() < deadline) {
    if (is_leader() && state_->lessor().is_primary()) {
      lease::TimeToLive answer =
          co_await state_->lessor().time_to_live(lease::LeaseId(id), with_keys, parts_.loop.now());
      // Asked between its end and its revocation, it is over.
      co_return std::move(answer);
    }
    if (leader() != 0 && !is_leader()) {
      auto answer = co_await result(ask_leader("POST", "/leases/internal", protobuf_body(),
                                               encode_time_to_live_request(id, with_keys)));
      if (answer) co_return co_await decode_time_to_live(*answer);
      if (answer.error().code() == Code::kNotFound) co_return fail(error::lease_not_found());
    }
    co_await sleep_for(parts_.loop, kRetry);
  }
  co_return fail(error::timeout());
}

Task<void> Member::handle_leases(Exchange& exchange) {
  const std::string path(exchange.head().path());
  if (exchange.head().method != "POST") {
    co_return exchange.respond_text(405, "Method Not Allowed");
  }
  const Bytes body = co_await exchange.read_all(kMaxRequest);
  const auto answer_error = [&](const Error& error) {
    const bool unknown = error.code() == Code::kNotFound;
    exchange.respond_text(unknown ? 404 : 408,
                          unknown ? "lease not found" : "lease HTTP request timed out");
  };
  const auto question = path == "/leases" ? decode_question(body) : decode_internal_question(body);
  if (!question) co_return exchange.respond_text(400, question.error().message());
  if (!is_leader()) co_return answer_error(error::timeout());
  if (path == "/leases") {
    const auto ttl = co_await result(renew_lease(question->id));
    if (!ttl) co_return answer_error(ttl.error());
    Bytes out;
    Writer writer(out);
    writer.int64(2, question->id);
    writer.int64(3, *ttl);
    co_return exchange.respond(200, "application/protobuf", out);
  }
  const auto answer = co_await result(lease_time_to_live(question->id, question->with_keys));
  if (!answer) co_return answer_error(answer.error());
  exchange.respond(200, "application/protobuf", encode_time_to_live(question->id, *answer));
}

}  // namespace argosy::etcd::member
