#include "lib/etcd_client/watch_stream.h"

#include <algorithm>

#include "io/task/wait.h"
#include "lib/etcd_client/wire.h"

namespace argosy::etcd_client {
namespace {

constexpr Duration kFirstPause = milliseconds(50);
constexpr Duration kLastPause = seconds(2);

// Another endpoint, or the same one later, may give what this one refuses.
bool is_passing(const Error& error) {
  return error.code() == Code::kUnavailable || error.code() == Code::kDeadlineExceeded ||
         error.code() == Code::kCancelled || error.code() == Code::kInternal;
}

}  // namespace

Task<void> WatchStream::open() {
  stream_ = co_await members_.open("/etcdserverpb.Watch/Watch");
  etcdserverpb::WatchRequest request;
  auto& create = *request.mutable_create_request();
  create.set_key(query_.key);
  create.set_range_end(query_.end);
  create.set_start_revision(next_.value());
  create.set_prev_kv(query_.with_previous);
  stream_->write(request.SerializeAsString());
}

void WatchStream::lose() {
  stream_.reset();
  is_started_ = false;
  members_.move_on();
  pause_ = pause_ == Duration(0) ? kFirstPause : std::min(kLastPause, pause_ * 2);
}

Result<void> WatchStream::refusal(const etcdserverpb::WatchResponse& response) {
  if (response.compact_revision() != 0) {
    return fail(Code::kOutOfRange, "etcdserver: mvcc: required revision has been compacted");
  }
  const std::string& reason = response.cancel_reason();
  const bool is_denied = reason.find("permission denied") != std::string::npos;
  const bool is_token = reason.find("auth token") != std::string::npos;
  if (is_denied) return fail(Code::kPermissionDenied, reason);
  if (is_token) members_.forget_token_after(Error(Code::kUnauthenticated, reason));
  return {};
}

Result<std::vector<Event>> WatchStream::take(const etcdserverpb::WatchResponse& response) {
  const Revision reached(response.header().revision());
  if (response.canceled()) {
    TRY(refusal(response));
    lose();
    return std::vector<Event>();
  }
  if (response.created()) {
    is_started_ = true;
    pause_ = Duration(0);
    if (next_ == Revision(0)) next_ = reached + 1;
  }
  std::vector<Event> events;
  for (const mvccpb::Event& event : response.events()) {
    if (event.kv().mod_revision() < next_.value()) continue;
    events.push_back(from_wire(event));
  }
  if (!events.empty()) next_ = events.back().kv.modified + 1;
  return events;
}

Task<std::vector<Event>> WatchStream::read() {
  if (!stream_ && pause_ > Duration(0)) co_await sleep_for(members_.loop(), pause_);
  if (!stream_) {
    auto opened = co_await result(open());
    if (!opened) {
      if (!is_passing(opened.error())) co_return fail(std::move(opened).error());
      lose();
      co_return std::vector<Event>();
    }
  }
  auto message = co_await result(stream_->read());
  if (message && *message) {
    co_return take(co_await decode<etcdserverpb::WatchResponse>(**message));
  }
  const bool goes_on =
      message || is_passing(message.error()) || members_.forget_token_after(message.error());
  if (!goes_on) co_return fail(std::move(message).error());
  lose();
  co_return std::vector<Event>();
}

Task<void> WatchStream::started() {
  while (!is_started_) co_await read();
}

Task<std::vector<Event>> WatchStream::next() {
  while (true) {
    std::vector<Event> events = co_await read();
    if (!events.empty()) co_return std::move(events);
  }
}

}  // namespace argosy::etcd_client
