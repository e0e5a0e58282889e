// etcdserverpb.Watch: a stream of the hub for each stream of a client.
#include <etcd/rpc.pb.h>

#include "parts/etcd/rpc/admission.h"
#include "parts/etcd/rpc/services.h"

namespace argosy::etcd::rpc {
namespace {

using grpc::ServerStream;
using member::Member;

constexpr Duration kProgressInterval = minutes(10);
constexpr Duration kSyncInterval = milliseconds(100);

// The hub is driven by one task for all streams: it catches up who is behind and wakes
// the streams that have something to send.
class Driver {
 public:
  explicit Driver(Member& member) : member_(member), scope_(member.loop()) {
    scope_.spawn(wake_streams());
    scope_.spawn(catch_up());
  }

  mvcc::WatchHub& hub() { return member_.state().watches(); }
  void add(mvcc::WatchStreamId id, Wakeup& wakeup) { streams_.emplace(id, &wakeup); }
  void remove(mvcc::WatchStreamId id) {
    streams_.erase(id);
    hub().close_stream(id);
  }
  // After anything was asked of the hub, and after a drain.
  void poke() {
    for (const mvcc::WatchStreamId id : hub().take_ready()) {
      const auto it = streams_.find(id);
      if (it != streams_.end()) it->second->notify_all();
    }
    if (hub().has_unsynced()) behind_.notify_all();
  }

 private:
  Task<void> wake_streams() {
    while (true) {
      co_await member_.applied_something().wait();
      poke();
    }
  }
  Task<void> catch_up() {
    while (true) {
      while (hub().sync_slice()) {
        poke();
        co_await sleep_for(member_.loop(), Duration(0));
      }
      poke();
      if (hub().has_unsynced()) {
        // They wait for their streams to be drained.
        co_await sleep_for(member_.loop(), kSyncInterval);
      } else {
        co_await behind_.wait();
      }
    }
  }

  Member& member_;
  std::unordered_map<mvcc::WatchStreamId, Wakeup*> streams_;
  Wakeup behind_{member_.loop()};
  Scope scope_;
};

// One client stream.
class WatchStream {
 public:
  WatchStream(Driver& driver, Member& member, ServerStream& stream, Random& random)
      : driver_(driver),
        member_(member),
        stream_(stream),
        id_(driver.hub().open_stream()),
        readable_(member.loop()),
        progress_(member.loop(), [this] { on_progress(); }),
        jitter_(random.below(static_cast<uint64_t>(kProgressInterval.count() / 10))) {
    driver_.add(id_, readable_);
    progress_.arm_after(kProgressInterval + Duration(jitter_));
  }
  WatchStream(const WatchStream&) = delete;
  WatchStream& operator=(const WatchStream&) = delete;
  ~WatchStream() { driver_.remove(id_); }

  Task<void> receive() {
    etcdserverpb::WatchRequest request;
    while (std::optional<Bytes> message = co_await stream_.read()) {
      if (!request.ParseFromString(*message)) {
        co_await failure(Code::kInternal, "grpc: failed to unmarshal the received message");
      }
      handle(request);
      driver_.poke();
    }
  }

  Task<void> send() {
    while (true) {
      while (auto response = driver_.hub().pop(id_)) {
        write(*response);
        if (stream_.backlog() > kStreamHighMark) {
          co_await stream_.writable();
          driver_.poke();
        }
      }
      driver_.poke();
      if (driver_.hub().queued(id_) == 0) co_await readable_.wait();
    }
  }

 private:
  void handle(const etcdserverpb::WatchRequest& request) {
    if (request.has_create_request()) {
      create(request.create_request());
    } else if (request.has_cancel_request()) {
      fragmented_.erase(request.cancel_request().watch_id());
      driver_.hub().cancel(id_, request.cancel_request().watch_id());
    } else if (request.has_progress_request()) {
      driver_.hub().request_progress(id_);
    }
  }

  void create(const etcdserverpb::WatchCreateRequest& request) {
    mvcc::WatchRequest watch;
    watch.key = request.key();
    watch.range_end = request.range_end();
    watch.start_revision = request.start_revision();
    watch.watch_id = request.watch_id();
    watch.prev_kv = request.prev_kv();
    watch.progress_notify = request.progress_notify();
    for (const int filter : request.filters()) {
      if (filter == etcdserverpb::WatchCreateRequest::NOPUT) watch.no_put = true;
      if (filter == etcdserverpb::WatchCreateRequest::NODELETE) watch.no_delete = true;
    }
    const int64_t id = driver_.hub().create(id_, watch);
    if (id != mvcc::kInvalidWatchId && request.fragment()) fragmented_.insert(id);
  }

  void write(const mvcc::WatchResponse& response) {
    const size_t limit = fragmented_.contains(response.watch_id)
                             ? member_.options().max_request_bytes + kReceiveOverhead
                             : 0;
    for (const Bytes& message : wire::encode_watch(response, member_.header(), limit)) {
      stream_.write(message);
    }
    if (response.canceled) fragmented_.erase(response.watch_id);
  }

  void on_progress() {
    progress_.arm_after(kProgressInterval + Duration(jitter_));
    driver_.hub().progress_tick(id_);
    driver_.poke();
  }

  Driver& driver_;
  Member& member_;
  ServerStream& stream_;
  mvcc::WatchStreamId id_;
  Wakeup readable_;
  Timer progress_;
  uint64_t jitter_;
  std::set<int64_t> fragmented_;
};

Task<void> serve(Driver& driver, Member& member, ServerStream& stream, Random& random) {
  WatchStream watch(driver, member, stream, random);
  co_await co_await first_of(member.loop(), watch.receive(), watch.send());
}

Task<void> watch(std::shared_ptr<Driver> driver, Member& member, Random& random,
                 ServerStream& stream) {
  co_await admit(stream.info(), member);
  co_await while_led(member, stream.info(), serve(*driver, member, stream, random));
}

}  // namespace

void add_watch(grpc::Server& server, Member& member, Random& random) {
  auto driver = std::make_shared<Driver>(member);
  server.add_stream("/etcdserverpb.Watch/Watch", grpc::CallKind::kBidiStream,
                    [driver, &member, &random](ServerStream& stream) {
                      return watch(driver, member, random, stream);
                    });
}

}  // namespace argosy::etcd::rpc
