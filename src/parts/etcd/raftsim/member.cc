#include "parts/etcd/raftsim/member.h"

#include "base/format.h"
#include "parts/etcd/raft/conf_change_entry.h"

namespace argosy::etcd::raftsim {

void Member::start(std::span<const raft::Peer> peers) {
  check(!is_running());
  ++life_;
  raft::Config config = world_.plan.config;
  config.id = id_;
  config.seed = world_.rng.next();
  machine_ = disk_.image().machine;
  Result<raft::Node> node = raft::Node::create(config, disk_.image().restored_state());
  if (!node) return world_.checker.report("restart: " + node.error().text());
  node_ = std::make_unique<raft::Node>(std::move(*node));
  world_.checker.started(id_);
  if (world_.trace)
    world_.trace(format("{} starts at term {}", id_.value(), node_->term().value()));
  if (!peers.empty()) {
    // A founder that lost its cluster would need an operator; this write always succeeds.
    node_->bootstrap(peers);
    act_on(node_->take_ready());
    finish_write();
  }
  attend();
}

void Member::crash() {
  if (world_.trace) world_.trace(format("{} crashes", id_.value()));
  ++life_;
  node_.reset();
  to_apply_.clear();
  is_pump_planned_ = false;
  disk_.crash(world_.rng);
}

void Member::later(uint64_t delay_max, std::function<void()> action) {
  if (world_.is_calm) delay_max = std::min<uint64_t>(delay_max, 3);
  const uint64_t delay = delay_max == 0 ? 0 : world_.rng.between(0, delay_max);
  world_.timeline.after(delay, [this, life = life_, action = std::move(action)] {
    if (is_running() && life == life_) action();
  });
}

void Member::tick() {
  node_->tick();
  attend();
}

void Member::receive(raft::Message message) {
  Result<void> done = node_->step(std::move(message));
  if (!done && done.error().code() == Code::kDataLoss) {
    world_.checker.report(format("member {}: {}", id_.value(), done.error().text()));
  }
  attend();
}

void Member::propose(uint64_t number) {
  Bytes data = format("{}", number);
  // Some are large, to meet the limits.
  if (world_.rng.percent(10)) data.append(world_.rng.between(1, 100), 'x');
  Result<LogIndex> index = node_->propose(SharedBytes(std::move(data)));
  if (!index && !raft::is_proposal_dropped(index.error()))
    world_.checker.report(index.error().text());
  attend();
}

void Member::propose_change(const raft::ConfChangeV2& change) {
  Result<LogIndex> index = node_->propose_conf_change(change);
  if (!index && !raft::is_proposal_dropped(index.error()))
    world_.checker.report(index.error().text());
  attend();
}

void Member::read(uint64_t number) {
  Bytes context(sizeof number, '\0');
  store_le64(context.data(), number);
  world_.checker.read_asked(number);
  // Without a leader nothing comes of it.
  (void)node_->read_index(std::move(context));
  attend();
}

void Member::attend() {
  observe();
  if (is_pump_planned_ || !node_->has_ready()) return;
  if (world_.plan.pump_max == 0) return pump();
  is_pump_planned_ = true;
  later(world_.plan.pump_max, [this] {
    is_pump_planned_ = false;
    pump();
  });
}

void Member::observe() {
  const auto term_at = [this](LogIndex index) { return node_->term_at(index); };
  const LogIndex first = node_->first_index();
  world_.checker.commits(id_, node_->term(), node_->committed(), first, term_at);
  if (node_->role() == raft::Role::kLeader) {
    world_.checker.leads(id_, node_->term(), first, term_at);
  }
}

void Member::pump() {
  for (int readies = 0; node_->has_ready(); ++readies) {
    if (readies == 100) return world_.checker.report("a node is never content");
    act_on(node_->take_ready());
    observe();
  }
}

void Member::check_ready(const raft::Ready& ready) {
  for (const raft::Entry& entry : ready.entries) {
    std::optional<Term> previous = node_->term_at(entry.index - 1);
    if (!previous) return world_.checker.report("an entry without predecessor");
    world_.checker.appended(entry, *previous);
  }
  const DiskImage& image = disk_.image();
  for (const raft::Entry& entry : ready.committed_entries) {
    const bool is_durable =
        entry.index <= image.last_index() &&
        (entry.index <= image.compacted_index ||
         image.entries[entry.index - image.compacted_index - 1].term == entry.term);
    if (!is_durable) world_.checker.report("an entry to apply that is not durable");
  }
}

void Member::act_on(raft::Ready ready) {
  check_ready(ready);
  if (ready.has_append()) {
    disk_.start(ready);
    later(world_.plan.write_max, [this] { finish_write(); });
  }
  for (raft::Message& message : ready.messages) {
    check_promise(message);
    world_.send(std::move(message));
  }
  if (!ready.committed_entries.empty()) {
    std::ranges::move(ready.committed_entries, std::back_inserter(to_apply_));
    later(world_.plan.apply_max, [this] { apply_some(); });
  }
  for (const raft::ReadState& read : ready.read_states) {
    world_.checker.read_answered(id_, load_le64(read.context.data()), read.index);
  }
  for (NodeId to : ready.snapshots_wanted) {
    later(world_.plan.write_max, [this, to] { send_snapshot(to); });
  }
}

void Member::check_promise(const raft::Message& message) const {
  const DiskImage& image = disk_.image();
  Checker& checker = world_.checker;
  if (message.type == raft::MessageType::kVoteResp && !message.reject) {
    checker.vote_granted(id_, message.to, message.term);
    const raft::HardState& state = image.hard_state;
    const bool is_kept =
        state.term > message.term || (state.term == message.term && state.vote == message.to);
    if (!is_kept) checker.report("a vote that is not durable");
  }
  if (message.type == raft::MessageType::kVote) {
    checker.vote_granted(id_, id_, message.term);
    if (image.hard_state.term < message.term) checker.report("a candidacy that is not durable");
  }
  // With index 0 it only tells the term.
  if (message.type == raft::MessageType::kAppResp && !message.reject &&
      message.index > LogIndex{}) {
    if (image.hard_state.term < message.term) checker.report("a term that is not durable");
    if (image.last_index() < message.index) checker.report("an entry that is not durable");
  }
}

// Several may finish at once, as by one fsync; reports are then made of the last only.
void Member::finish_write() {
  if (!disk_.is_busy()) return;
  std::vector<raft::Message> messages;
  raft::AppendId last;
  do {
    Disk::Append done = disk_.finish();
    last = done.id;
    for (raft::Message& message : done.messages_after) {
      check_promise(message);
      messages.push_back(std::move(message));
    }
    if (!done.snapshot) continue;
    machine_ = Machine::restore(*done.snapshot);
    while (!to_apply_.empty() && to_apply_.front().index <= machine_.index) to_apply_.pop_front();
    world_.checker.applied(id_, machine_.index, machine_.digest);
  } while (disk_.is_busy() && world_.rng.percent(30));
  const bool is_told_first = world_.rng.percent(50);
  if (is_told_first) node_->appended(last);
  for (raft::Message& message : messages) world_.send(std::move(message));
  if (!is_told_first) node_->appended(last);
  attend();
}

void Member::apply_some() {
  uint64_t count = world_.rng.between(1, 4);
  if (world_.plan.apply_max == 0) count = to_apply_.size();
  for (; count > 0 && !to_apply_.empty(); --count) {
    apply(to_apply_.front());
    to_apply_.pop_front();
  }
  node_->applied(machine_.index);
  if (!to_apply_.empty()) later(world_.plan.apply_max, [this] { apply_some(); });
  attend();
}

void Member::apply(const raft::Entry& entry) {
  if (entry.index != machine_.index + 1) {
    return world_.checker.report(format("member {} was given entry {} after {}", id_.value(),
                                        entry.index.value(), machine_.index.value()));
  }
  machine_.apply(entry);
  if (entry.type != raft::EntryType::kNormal) apply_change(entry);
  world_.checker.applied(id_, machine_.index, machine_.digest);
}

void Member::apply_change(const raft::Entry& entry) {
  Result<raft::ConfChangeV2> change = raft::decode_conf_change(entry);
  check(change.has_value());
  Result<raft::ConfState> state = node_->apply_conf_change(entry.index, *change);
  if (!state) return world_.checker.report("a change that does not fit: " + state.error().text());
  machine_.conf_state = *state;
}

void Member::send_snapshot(NodeId to) {
  std::optional<raft::Message> message;
  if (machine_.index > LogIndex{} && !world_.rng.percent(5)) {
    message = node_->snapshot_message(to, machine_.snapshot());
    if (message) world_.send(*std::move(message));
  } else {
    node_->report_snapshot(to, false);
  }
  attend();
}

void Member::checkpoint(uint64_t keep) {
  // The machine may be ahead of what the log knows, never behind.
  if (node_->applied() != machine_.index) return;
  disk_.save(machine_);
  if (machine_.index.value() <= keep) return;
  const LogIndex index = machine_.index - keep;
  disk_.compact(std::min(index, disk_.image().last_index()));
  node_->compact(index);
}

}  // namespace argosy::etcd::raftsim
