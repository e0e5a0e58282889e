#include "parts/etcd/raftsim/cluster.h"

#include "base/format.h"
#include "parts/etcd/raft/describe.h"

namespace argosy::etcd::raftsim {
namespace {

// Units of time between ticks of a clock that is right.
constexpr uint64_t kTick = 10;
// Between two rolls of the dice.
constexpr uint64_t kChance = 5;

bool names(const raft::ConfState& state, NodeId id) {
  const auto has = [id](const std::vector<NodeId>& ids) {
    return std::ranges::find(ids, id) != ids.end();
  };
  return has(state.voters) || has(state.learners) || has(state.voters_outgoing);
}

}  // namespace

Cluster::Cluster(const Plan& plan, Trace trace)
    : plan_(plan),
      rng_(plan.seed ^ 0x5eed),
      network_(plan_, rng_),
      world_{.plan = plan_,
             .rng = rng_,
             .timeline = timeline_,
             .checker = checker_,
             .send = [this](raft::Message message) { send(std::move(message)); },
             .trace = std::move(trace)} {
  std::vector<raft::Peer> peers;
  for (uint64_t id = 1; id <= plan_.universe; ++id) {
    members_.push_back(std::make_unique<Member>(NodeId(id), world_));
    if (id <= plan_.voters) peers.push_back({NodeId(id), {}});
  }
  for (auto& member : members_) {
    const bool is_founder = member->id().value() <= plan_.voters;
    member->start(is_founder ? std::span<const raft::Peer>(peers) : std::span<const raft::Peer>());
    plan_tick(*member);
  }
  plan_chance();
}

std::optional<std::string> Cluster::run() {
  for (uint64_t step = 0; step < plan_.steps && !checker_.violation(); ++step) timeline_.step();
  world_.is_calm = true;
  network_.calm();
  recover();
  return checker_.violation();
}

void Cluster::plan_tick(Member& member) {
  // Clocks differ by who owns them, not by the moment.
  const uint64_t slower = plan_.skew * (member.id().value() - 1) / plan_.universe;
  const uint64_t period = kTick * (100 + slower);
  timeline_.after(std::max<uint64_t>(1, (period + rng_.between(0, 99)) / 100), [this, &member] {
    if (member.is_running()) member.tick();
    plan_tick(member);
  });
}

void Cluster::plan_chance() {
  timeline_.after(kChance, [this] {
    if (world_.is_calm) return;
    take_chances();
    plan_chance();
  });
}

void Cluster::take_chances() {
  disturb();
  load();
}

Member* Cluster::random_running() {
  Member& member = *members_[rng_.between(0, members_.size() - 1)];
  return member.is_running() ? &member : nullptr;
}

void Cluster::disturb() {
  if (Member* victim = random_running(); victim != nullptr && rng_.percent(plan_.crash)) {
    victim->crash();
  }
  for (auto& member : members_) {
    if (!member->is_running() && rng_.percent(plan_.restart)) member->start();
  }
  if (rng_.percent(plan_.partition)) {
    if (world_.trace) world_.trace("the network splits");
    network_.split(plan_.universe);
  } else if (rng_.percent(plan_.heal)) {
    network_.heal();
  }
}

void Cluster::load() {
  if (Member* member = random_running(); member != nullptr && rng_.percent(plan_.propose)) {
    for (uint64_t count = rng_.between(1, 3); count > 0; --count) member->propose(next_number_++);
  }
  if (Member* member = random_running(); member != nullptr && rng_.percent(plan_.read)) {
    member->read(next_number_++);
  }
  if (Member* member = random_running(); member != nullptr && rng_.percent(plan_.membership)) {
    member->propose_change(random_change(member->node().conf_state()));
  }
  if (Member* member = random_running(); member != nullptr && rng_.percent(plan_.checkpoint)) {
    member->checkpoint(rng_.between(0, 5));
  }
  Member* member = random_running();
  if (member == nullptr) return;
  const NodeId other(rng_.between(1, plan_.universe));
  if (rng_.percent(plan_.transfer)) member->node().transfer_leader(other);
  if (rng_.percent(plan_.campaign)) member->node().campaign();
  if (rng_.percent(plan_.forget)) member->node().forget_leader();
  if (rng_.percent(plan_.unreachable)) member->node().report_unreachable(other);
  member->attend();
}

raft::ConfChangeV2 Cluster::random_change(const raft::ConfState& state) {
  raft::ConfChangeV2 change;
  // Mostly what fits, sometimes not: then the leader makes nothing of it.
  if (!state.voters_outgoing.empty() && rng_.percent(80)) return change;
  for (uint64_t count = rng_.percent(60) ? 1 : rng_.between(2, 3); count > 0; --count) {
    const NodeId id(rng_.between(1, plan_.universe));
    raft::ConfChangeType type = raft::ConfChangeType::kAddNode;
    if (rng_.percent(30)) type = raft::ConfChangeType::kAddLearnerNode;
    if (rng_.percent(30)) type = raft::ConfChangeType::kRemoveNode;
    // One voter always remains, whatever the configuration turns out to be.
    if (id.value() == 1 + plan_.seed % plan_.voters) type = raft::ConfChangeType::kAddNode;
    change.changes.push_back({type, id});
  }
  if (rng_.percent(30)) {
    change.transition = rng_.percent(50) ? raft::ConfChangeTransition::kJointImplicit
                                         : raft::ConfChangeTransition::kJointExplicit;
  }
  return change;
}

void Cluster::send(raft::Message message) {
  if (world_.trace)
    world_.trace(format("{:>6} sends    {}", timeline_.now(), raft::describe(message)));
  const std::vector<uint64_t> delays = network_.deliveries(message.from, message.to);
  if (delays.empty()) snapshot_done(message, false);
  for (uint64_t delay : delays) timeline_.after(delay, [this, message] { deliver(message); });
}

void Cluster::deliver(const raft::Message& message) {
  Member& to = at(message.to);
  snapshot_done(message, to.is_running());
  if (!to.is_running()) return;
  if (world_.trace)
    world_.trace(format("{:>6} receives {}", timeline_.now(), raft::describe(message)));
  to.receive(message);
}

// The transport knows what became of a snapshot, and says so some time.
void Cluster::snapshot_done(const raft::Message& message, bool ok) {
  if (message.type != raft::MessageType::kSnap) return;
  Member& sender = at(message.from);
  timeline_.after(rng_.between(1, 50), [&sender, life = sender.life(), to = message.to, ok] {
    if (!sender.is_running() || sender.life() != life) return;
    sender.snapshot_done(to, ok);
    sender.attend();
  });
}

Member* Cluster::newest_leader() {
  Member* newest = nullptr;
  for (auto& member : members_) {
    if (!member->is_running() || member->node().role() != raft::Role::kLeader) continue;
    if (newest == nullptr || member->node().term() > newest->node().term()) newest = member.get();
  }
  return newest;
}

// Who was removed is stopped, as operators do, and as members do when they hear of it.
void Cluster::keep_only_members(Member& leader) {
  // Its configuration may be an old one yet.
  if (leader.machine().index < checker_.committed_index()) return;
  const raft::ConfState state = leader.node().conf_state();
  for (auto& member : members_) {
    const bool is_member = names(state, member->id());
    if (member->is_running() && !is_member) member->crash();
    if (!member->is_running() && is_member) member->start();
  }
}

bool Cluster::agree(Member& leader, LogIndex index) {
  const raft::ConfState state = leader.node().conf_state();
  return std::ranges::all_of(members_, [&](const auto& member) {
    if (!names(state, member->id())) return true;
    return member->is_running() && member->machine().index >= index;
  });
}

void Cluster::recover() {
  constexpr uint64_t kRounds = 100;
  for (auto& member : members_) {
    if (!member->is_running()) member->start();
  }
  LogIndex goal;
  Term goal_term;
  for (uint64_t round = 0; round < kRounds && !checker_.violation(); ++round) {
    const uint64_t end = timeline_.now() + plan_.config.election_tick * kTick / 2;
    while (timeline_.now() < end && !checker_.violation()) timeline_.step();
    Member* leader = newest_leader();
    if (leader == nullptr) continue;
    if (goal > LogIndex{} && checker_.committed_index() >= goal && agree(*leader, goal)) return;
    keep_only_members(*leader);
    if (!leader->is_running() || leader->node().term() == goal_term) continue;
    Result<LogIndex> index = leader->node().propose(SharedBytes(Bytes("calm")));
    if (!index) continue;
    goal = *index;
    goal_term = leader->node().term();
    leader->attend();
  }
  checker_.report("no agreement after the faults ended");
}

}  // namespace argosy::etcd::raftsim
