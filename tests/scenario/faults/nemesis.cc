#include "tests/scenario/faults/nemesis.h"

#include "base/format.h"

namespace argosy::faults {
namespace {

// Long after what the slowest of these machines needs.
constexpr Duration kMustBeHealthy = seconds(30);

}  // namespace

Nemesis::Nemesis(Cluster& cluster, Namespaces* network, NemesisOptions options)
    : cluster_(cluster), network_(network), options_(options), random_(options.seed) {}

Task<void> Nemesis::wait(uint64_t from_ms, uint64_t to_ms) {
  const uint64_t span = to_ms - from_ms + 1;
  co_await sleep_for(cluster_.loop(), milliseconds(from_ms + random_.below(span)));
}

Task<void> Nemesis::one_of(const std::vector<Weighted>& choices) {
  uint64_t sum = 0;
  for (const Weighted& choice : choices) sum += choice.weight;
  uint64_t drawn = random_.below(sum);
  for (const Weighted& choice : choices) {
    if (drawn >= choice.weight) {
      drawn -= choice.weight;
      continue;
    }
    ++faults_[choice.name];
    co_await (this->*choice.fault)();
    co_return;
  }
}

Task<void> Nemesis::run() {
  const std::vector<Weighted> processes{
      {"kill any", 45, &Nemesis::kill_any},        {"kill leader", 30, &Nemesis::kill_leader},
      {"kill two", 12, &Nemesis::kill_two},        {"pause any", 4, &Nemesis::pause_any},
      {"pause leader", 4, &Nemesis::pause_leader}, {"move leader", 6, &Nemesis::move_leader},
      {"replace", 5, &Nemesis::replace_member},    {"defragment", 6, &Nemesis::defragment},
  };
  const std::vector<Weighted> networks{
      {"isolate any", 15, &Nemesis::isolate_any},
      {"isolate leader", 20, &Nemesis::isolate_leader},
      {"deafen leader", 10, &Nemesis::deafen_leader},
      {"mute leader", 10, &Nemesis::mute_leader},
      {"cut one direction", 10, &Nemesis::cut_one_direction},
      {"cut one pair", 15, &Nemesis::cut_one_pair},
      {"cut all", 8, &Nemesis::cut_all},
      {"link down", 12, &Nemesis::link_down},
      {"flap", 10, &Nemesis::flap},
  };
  if (network_ == nullptr) {
    // The rare ones at least once, however short the run.
    ++faults_["replace"];
    co_await replace_member();
    while (kills_ < options_.kills) co_await one_of(processes);
    co_return;
  }
  while (partitions_ < options_.partitions) {
    ++partitions_;
    co_await one_of(networks);
    if (const auto healed = network_->heal(); !healed) note(healed.error().text());
    if (random_.chance(4)) co_await one_of(processes);
    co_await wait(0, 1200);
  }
}

Task<void> Nemesis::heal() {
  if (network_ != nullptr) {
    if (const auto healed = network_->heal(); !healed) note(healed.error().text());
  }
  for (size_t i = 0; i < cluster_.size(); ++i) {
    cluster_.member(i).resume();
    if (const auto started = cluster_.restart(i); !started) note(started.error().text());
  }
  if (!co_await cluster_.is_healthy_within(kMustBeHealthy)) {
    note("the members do not agree on a leader 30 s after the last fault");
  }
}

void Nemesis::kill(size_t member) {
  if (!cluster_.member(member).is_running()) return;
  cluster_.member(member).kill();
  ++kills_;
}

Task<void> Nemesis::back_up(std::vector<size_t> members) {
  for (const size_t member : members) {
    co_await wait(0, 300);
    if (const auto started = cluster_.restart(member); !started) note(started.error().text());
  }
  // Mostly the next fault waits until this one is over, but not always.
  if (random_.chance(4)) {
    co_await wait(0, 400);
  } else if (!co_await cluster_.is_healthy_within(kMustBeHealthy)) {
    note(format("no agreement on a leader 30 s after {} came back",
                cluster_.member(members[0]).name()));
  } else {
    co_await wait(0, 500);
  }
}

Task<size_t> Nemesis::leader_or_any() {
  const std::optional<size_t> leader = co_await cluster_.leader();
  co_return leader ? *leader : any_member();
}

Task<void> Nemesis::kill_any() {
  const size_t member = any_member();
  kill(member);
  co_await back_up({member});
}

Task<void> Nemesis::kill_leader() {
  const size_t member = co_await leader_or_any();
  kill(member);
  co_await back_up({member});
}

Task<void> Nemesis::kill_two() {
  const size_t first = any_member();
  const size_t second = (first + 1 + random_.below(cluster_.size() - 1)) % cluster_.size();
  kill(first);
  kill(second);
  co_await back_up({first, second});
}

Task<void> Nemesis::pause(size_t member) {
  cluster_.member(member).pause();
  co_await wait(100, 2500);
  cluster_.member(member).resume();
  co_await wait(0, 500);
}

Task<void> Nemesis::pause_any() {
  co_await pause(any_member());
}

Task<void> Nemesis::pause_leader() {
  co_await pause(co_await leader_or_any());
}

Task<void> Nemesis::move_leader() {
  const std::optional<size_t> from = co_await cluster_.leader();
  if (!from) co_return;
  const size_t to = (*from + 1 + random_.below(cluster_.size() - 1)) % cluster_.size();
  const auto heir = co_await result(status(cluster_.client(to), milliseconds(500)));
  if (!heir) co_return;
  etcdserverpb::MoveLeaderRequest request;
  request.set_targetid(heir->header().member_id());
  co_await result(cluster_.client(*from).call<etcdserverpb::MoveLeaderResponse>(
      "/etcdserverpb.Maintenance/MoveLeader", request.SerializeAsString(), seconds(2)));
}

Task<void> Nemesis::defragment() {
  co_await result(cluster_.client(any_member())
                      .call<etcdserverpb::DefragmentResponse>(
                          "/etcdserverpb.Maintenance/Defragment", "", seconds(5)));
}

}  // namespace argosy::faults
