#include "tests/scenario/faults/watching.h"

#include "base/format.h"

namespace argosy::faults {
namespace {

constexpr Duration kReopenAfter = milliseconds(50);
// A paused or cut-off member keeps its streams open and silent.
constexpr Duration kProgressEvery = milliseconds(500);
constexpr int kSilentRounds = 4;

}  // namespace

Watcher::Watcher(Client& client, std::string name, Bytes from_key, Bytes to_key,
                 bool trusts_progress)
    : client_(client),
      name_(std::move(name)),
      from_key_(std::move(from_key)),
      to_key_(std::move(to_key)),
      trusts_progress_(trusts_progress),
      scope_(client.loop()) {
  scope_.spawn(run());
}

void Watcher::note(std::string text) {
  if (findings_.size() < linearizability::kMostFindings) {
    findings_.push_back(format("watch {}: {}", name_, text));
  }
}

Task<void> Watcher::run() {
  while (true) {
    const auto ended = co_await result(follow());
    (void)ended;
    co_await sleep_for(client_.loop(), kReopenAfter);
  }
}

Task<void> Watcher::follow() {
  Loop& loop = client_.loop();
  auto stream = co_await co_await with_deadline(loop, loop.now() + seconds(1),
                                                client_.open("/etcdserverpb.Watch/Watch"));
  etcdserverpb::WatchRequest request;
  etcdserverpb::WatchCreateRequest& create = *request.mutable_create_request();
  create.set_key(from_key_);
  create.set_range_end(to_key_);
  create.set_start_revision(next_);
  create.set_progress_notify(true);
  stream->write(request.SerializeAsString());
  ++streams_;
  int silent = 0;
  while (silent < kSilentRounds) {
    // The read is dropped when it takes long; a message that has arrived stays for the next.
    auto message = co_await with_deadline(loop, loop.now() + kProgressEvery, stream->read());
    if (!message && message.error().code() == Code::kDeadlineExceeded) {
      ++silent;
      request.mutable_progress_request();
      stream->write(request.SerializeAsString());
      continue;
    }
    if (!message) co_await failure(message.error());
    if (!*message) co_return;
    silent = 0;
    etcdserverpb::WatchResponse response;
    if (!response.ParseFromString(**message)) note("a response cannot be parsed");
    take(response);
    if (response.canceled()) co_return;
  }
}

void Watcher::take(const etcdserverpb::WatchResponse& response) {
  if (response.canceled()) {
    return note(format("the member canceled it: {} (compacted at {}, asked from {})",
                       response.cancel_reason(), response.compact_revision(), next_));
  }
  if (response.created()) return;
  for (const auto& event : response.events()) {
    linearizability::Event& taken = events_.emplace_back();
    taken.revision = event.kv().mod_revision();
    taken.key = event.kv().key();
    if (taken.revision < next_) {
      note(format("an event of revision {} after everything below {} had come", taken.revision,
                  next_));
    }
    if (event.type() == mvccpb::Event::PUT) {
      taken.value = event.kv().value();
      taken.lease = event.kv().lease();
    }
  }
  if (response.events_size() > 0) {
    next_ = std::max(next_, events_.back().revision + 1);
  } else if (trusts_progress_ && response.header().revision() + 1 > next_) {
    // Progress: everything up to this revision has been sent.
    next_ = response.header().revision() + 1;
  }
}

linearizability::EventStream Watcher::story(int64_t last) const {
  linearizability::EventStream story{name_, from_key_, to_key_, 1, last, {}};
  for (const auto& event : events_) {
    if (event.revision <= last) story.events.push_back(event);
  }
  return story;
}

}  // namespace argosy::faults
