#include "parts/etcd/raft/node.h"

#include "parts/etcd/raft/conf_change_entry.h"
#include "parts/etcd/raft/core.h"

namespace argosy::etcd::raft {

Node::Node(std::unique_ptr<Core> core) : core_(std::move(core)) {}
Node::Node(Node&&) noexcept = default;
Node& Node::operator=(Node&&) noexcept = default;
Node::~Node() = default;

Result<Node> Node::create(const Config& config, RestoredState state) {
  return Node(TRY(Core::create(config, std::move(state))));
}

void Node::bootstrap(std::span<const Peer> peers) {
  core_->bootstrap(peers);
}

void Node::tick() {
  core_->tick();
}

Result<void> Node::step(Message message) {
  return core_->step(std::move(message));
}

void Node::campaign() {
  core_->campaign();
}

Result<LogIndex> Node::propose(SharedBytes data) {
  std::vector<Entry> entries;
  entries.push_back({.data = std::move(data)});
  return core_->propose(std::move(entries));
}

Result<LogIndex> Node::propose(std::span<const SharedBytes> batch) {
  std::vector<Entry> entries;
  entries.reserve(batch.size());
  for (const SharedBytes& data : batch) entries.push_back({.data = data});
  return core_->propose(std::move(entries));
}

Result<LogIndex> Node::propose_conf_change(const ConfChange& change) {
  return core_->propose({{.type = EntryType::kConfChange, .data = SharedBytes(encode(change))}});
}

Result<LogIndex> Node::propose_conf_change(const ConfChangeV2& change) {
  return core_->propose({{.type = EntryType::kConfChangeV2, .data = SharedBytes(encode(change))}});
}

Result<void> Node::read_index(Bytes context) {
  return core_->read_index(std::move(context));
}

void Node::transfer_leader(NodeId to) {
  core_->transfer_leader(to);
}

void Node::forget_leader() {
  core_->forget_leader();
}

void Node::report_unreachable(NodeId id) {
  core_->report_unreachable(id);
}

void Node::report_snapshot(NodeId id, bool ok) {
  core_->report_snapshot(id, ok);
}

std::optional<Message> Node::snapshot_message(NodeId to, Snapshot snapshot) {
  return core_->snapshot_message(to, std::move(snapshot));
}

bool Node::has_ready() const {
  return core_->has_ready();
}

Ready Node::take_ready() {
  return core_->take_ready();
}

void Node::appended(AppendId append) {
  core_->appended(append);
}

void Node::applied(LogIndex index) {
  core_->applied(index);
}

Result<ConfState> Node::apply_conf_change(LogIndex index, const ConfChangeV2& change) {
  return core_->apply_conf_change(index, change);
}

void Node::compact(LogIndex index) {
  core_->compact(index);
}

NodeId Node::id() const {
  return core_->id();
}
Term Node::term() const {
  return core_->term();
}
NodeId Node::leader() const {
  return core_->leader();
}
Role Node::role() const {
  return core_->role();
}
LogIndex Node::committed() const {
  return core_->log().committed();
}
LogIndex Node::applied() const {
  return core_->log().applied();
}
LogIndex Node::first_index() const {
  return core_->log().first_index();
}
LogIndex Node::last_index() const {
  return core_->log().last_index();
}

std::optional<Term> Node::term_at(LogIndex index) const {
  return core_->log().term_at(index);
}

ConfState Node::conf_state() const {
  return core_->tracker().conf_state();
}

Status Node::status() const {
  return core_->status();
}

}  // namespace argosy::etcd::raft
