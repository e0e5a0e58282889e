#include "tests/scenario/faults/workload.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::faults {
namespace {

using linearizability::Action;
using linearizability::Operation;

constexpr size_t kGroups = 5;
constexpr size_t kCounters = 4;
constexpr size_t kFillKeys = 64;
constexpr Duration kEpoch = seconds(8);
constexpr uint64_t kThinkMicros = 16'000;

Action get(Bytes key) {
  return {Action::Kind::kGet, std::move(key), "", 0, {}, false};
}
Action put(Bytes key, Bytes value, int64_t lease = 0) {
  return {Action::Kind::kPut, std::move(key), std::move(value), lease, {}, false};
}
Action erase(Bytes key) {
  return {Action::Kind::kDelete, std::move(key), "", 0, {}, false};
}

Operation operation(std::vector<Action> actions) {
  Operation made;
  made.then = std::move(actions);
  return made;
}

}  // namespace

// Mostly faithful to one member, as clients are.
struct Workload::Self {
  size_t number = 0;
  size_t member = 0;
  std::map<Bytes, linearizability::Seen> seen;
};

Workload::Workload(Loop& loop, std::vector<std::unique_ptr<Client>>& members,
                   WorkloadOptions options, Record& record)
    : loop_(loop),
      members_(members),
      options_(options),
      record_(record),
      random_(options.seed),
      began_(loop.now()),
      scope_(loop) {}

Bytes Workload::group_of(BytesView key) {
  return Bytes(key.substr(0, key.find('/')));
}

Bytes Workload::any_group() {
  return format("r{}.{}", random_.below(kGroups), (loop_.now() - began_) / kEpoch);
}

Bytes Workload::new_value(const Self& self) {
  return format("{}.{}", self.number, ++values_);
}

Client& Workload::any_member(Self& self) {
  if (random_.chance(8)) self.member = random_.below(members_.size());
  return *members_[self.member];
}

void Workload::learn(Self& self, const std::optional<Operation>& done) {
  // Whoever got no answer asks somebody else.
  if (!done) {
    self.member = random_.below(members_.size());
    return;
  }
  newest_ = std::max(newest_, done->revision);
  for (const Action& action : done->taken()) {
    if (action.kind == Action::Kind::kGet) self.seen[action.key] = action.seen;
    if (action.kind == Action::Kind::kPut) self.seen[action.key] = {action.value, done->revision};
    if (action.kind == Action::Kind::kDelete) self.seen[action.key] = {};
  }
}

void Workload::start() {
  for (size_t i = 0; i < options_.clients; ++i) scope_.spawn(run(i));
  for (size_t i = 0; i < options_.fillers; ++i) scope_.spawn(run_filler(i));
}

Task<void> Workload::stop() {
  stopping_ = true;
  co_await scope_.join();
}

Task<void> Workload::run(size_t number) {
  Self self{number, number % members_.size(), {}};
  while (!stopping_) {
    co_await result(step(self));
    if (self.seen.size() > 200) self.seen.clear();
    co_await sleep_for(loop_, microseconds(random_.below(kThinkMicros)));
  }
}

Task<void> Workload::step(Self& self) {
  const Bytes group = any_group();
  const Bytes key = group + (random_.chance(2) ? "/a" : "/b");
  const uint64_t what = random_.below(100);
  if (what < 25) {
    learn(self,
          co_await perform(any_member(self), operation({put(key, new_value(self))}), record_));
  } else if (what < 50) {
    learn(self, co_await perform(any_member(self), operation({get(key)}), record_));
  } else if (what < 55) {
    learn(self, co_await perform(any_member(self), operation({erase(key)}), record_));
  } else if (what < 65) {
    co_await swap(self);
  } else if (what < 75) {
    co_await write_both(self);
  } else if (what < 80) {
    co_await lease(self);
  } else if (what < 85) {
    learn(self, co_await perform(any_member(self), operation({get(group + "/l")}), record_));
  } else if (what < 95) {
    co_await count(self);
  } else {
    co_await read_past(self);
  }
}

// Read, then add one if nobody else has.
Task<void> Workload::count(Self& self) {
  const Bytes key = format("c{}/count", random_.below(kCounters));
  const auto read = co_await perform(any_member(self), operation({get(key)}), record_);
  learn(self, read);
  if (!read) co_return;
  const linearizability::Seen& seen = read->then[0].seen;
  const uint64_t before =
      seen.value ? parse_uint(seen.value->substr(0, seen.value->find('#'))).value() : 0;
  Operation swap = operation({put(key, format("{}#{}", before + 1, new_value(self)))});
  swap.comparisons = {{key, seen.mod_revision}};
  learn(self, co_await perform(any_member(self), std::move(swap), record_));
}

Task<void> Workload::swap(Self& self) {
  const Bytes key = any_group() + "/a";
  const auto known = self.seen.find(key);
  Operation swap = operation({put(key, new_value(self))});
  swap.comparisons = {{key, known == self.seen.end() ? 0 : known->second.mod_revision}};
  swap.otherwise = {get(key)};
  learn(self, co_await perform(any_member(self), std::move(swap), record_));
}

// Two keys at once, one of which may go; in one in two only if nothing has changed.
Task<void> Workload::write_both(Self& self) {
  const Bytes group = any_group();
  const Bytes a = group + "/a";
  const Bytes b = group + "/b";
  Operation both = operation({put(a, new_value(self))});
  both.then.push_back(random_.chance(3) ? erase(b) : put(b, new_value(self)));
  if (const auto known = self.seen.find(a); random_.chance(2) && known != self.seen.end()) {
    both.comparisons = {{a, known->second.mod_revision}};
    both.otherwise = {get(a), get(b)};
  }
  learn(self, co_await perform(any_member(self), std::move(both), record_));
}

Task<void> Workload::lease(Self& self) {
  Client& client = any_member(self);
  etcdserverpb::LeaseGrantRequest request;
  request.set_ttl(1);
  const int64_t began = moment();
  const auto granted = co_await client.call<etcdserverpb::LeaseGrantResponse>(
      "/etcdserverpb.Lease/LeaseGrant", request.SerializeAsString(), milliseconds(1500));
  const int64_t id = granted.id();
  record_.leases[id] = {id, began + Duration(seconds(granted.ttl())).count()};
  const Bytes key = any_group() + "/l";
  learn(self,
        co_await perform(any_member(self), operation({put(key, new_value(self), id)}), record_));
  const uint64_t what = random_.below(3);
  if (what == 0) co_await result(keep_alive(any_member(self), id));
  if (what != 1) co_return;
  Operation end;
  end.ended_lease = id;
  learn(self, co_await perform(any_member(self), std::move(end), record_));
}

Task<void> Workload::keep_alive(Client& client, int64_t id) {
  auto stream = co_await co_await with_deadline(loop_, loop_.now() + seconds(1),
                                                client.open("/etcdserverpb.Lease/LeaseKeepAlive"));
  etcdserverpb::LeaseKeepAliveRequest request;
  request.set_id(id);
  stream->write(request.SerializeAsString());
  stream->finish_writing();
  const auto answer =
      co_await co_await with_deadline(loop_, loop_.now() + seconds(1), stream->read());
  (void)answer;
}

Task<void> Workload::read_past(Self& self) {
  const Bytes key = any_group() + "/a";
  if (random_.chance(3)) {
    co_await read_serializable(any_member(self), key, 0, record_);
  } else if (newest_ > compacted_ + 1) {
    const uint64_t span = std::min<uint64_t>(static_cast<uint64_t>(newest_ - compacted_ - 1), 2000);
    const int64_t revision = newest_ - static_cast<int64_t>(random_.below(span + 1));
    co_await read_serializable(any_member(self), key, revision, record_);
  }
}

Task<void> Workload::run_filler(size_t number) {
  while (!stopping_) {
    etcdserverpb::PutRequest request;
    request.set_key(format("~fill/{}", random_.below(kFillKeys)));
    request.set_value(Bytes(options_.fill_bytes, static_cast<char>('a' + number % 26)));
    Client& client = *members_[random_.below(members_.size())];
    co_await result(client.call<etcdserverpb::PutResponse>(
        "/etcdserverpb.KV/Put", request.SerializeAsString(), milliseconds(1500)));
    co_await sleep_for(loop_, milliseconds(30));
  }
}

Task<void> Workload::prefill_some(size_t first, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    etcdserverpb::PutRequest request;
    request.set_key(format("~first/{}", (first + i) % 1000));
    request.set_value(Bytes(100, 'x'));
    co_await result(members_[first % members_.size()]->call<etcdserverpb::PutResponse>(
        "/etcdserverpb.KV/Put", request.SerializeAsString(), seconds(5)));
  }
}

Task<void> Workload::prefill(size_t entries) {
  constexpr size_t kAtOnce = 64;
  Scope scope(loop_);
  for (size_t i = 0; i < kAtOnce; ++i) {
    scope.spawn(prefill_some(i * (entries / kAtOnce), entries / kAtOnce));
  }
  co_await scope.join();
}

}  // namespace argosy::faults
