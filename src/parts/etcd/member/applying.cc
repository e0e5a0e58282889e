// Committed entries, applied in order.
#include "base/bytes.h"
#include "base/format.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/member/member.h"
#include "parts/etcd/mvcc/consistent_index.h"
#include "parts/etcd/raftpb/raftpb.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {
namespace {

constexpr Duration kCompactionPause = milliseconds(2);
constexpr size_t kBatchBeforeTurn = 64;

}  // namespace

void Member::apply_committed() {
  size_t count = 0;
  while (!to_apply_.empty() && !is_installing_ && !backend_->is_saturated()) {
    const raft::Entry entry = std::move(to_apply_.front());
    to_apply_.pop_front();
    apply_entry(entry);
    applied_ = entry.index;
    ++count;
  }
  if (const auto& failure = backend_->failure()) fatal(*failure);
  if (count == 0) return;
  counters_.proposals_applied = applied_.value();
  node_.applied(applied_);
  gate_.on_applied(applied_);
  applied_something_.notify_all();
  maybe_commit();
  maybe_snapshot();
  if (!node_.has_ready()) return;
  if (count < kBatchBeforeTurn) return wants_pump();
  // There is a backlog: the sockets get their turn between two pieces of it.
  pump_timer_.arm_at(parts_.loop.now());
}

void Member::apply_entry(const raft::Entry& entry) {
  switch (entry.type) {
    case raft::EntryType::kNormal:
      return apply_normal(entry);
    case raft::EntryType::kConfChange:
      return apply_conf_change(entry);
    case raft::EntryType::kConfChangeV2:
      fatal(Error(Code::kUnimplemented,
                  format("entry {} is a joint configuration change, which etcd's members never "
                         "make",
                         entry.index.value())));
  }
}

void Member::apply_normal(const raft::Entry& entry) {
  // After a restart the buckets are ahead of raft's snapshot.
  const bool is_new = entry.index.value() > mvcc::consistent_index(*backend_);
  if (is_new) mvcc::set_consistent_index(*backend_, entry.index.value());
  if (entry.data.empty()) {
    if (is_leader() && entry.term == node_.term()) {
      state_->lessor().promote(options_.election_ticks * options_.tick, parts_.loop.now());
    }
    return;
  }
  auto request = apply::decode_entry(entry.data.view());
  if (!request) {
    fatal(std::move(request).error().context(format("entry {}", entry.index.value())));
  }
  const uint64_t id = request->id;
  if (const auto* v2 = std::get_if<apply::V2Request>(&request->body)) {
    apply_v2(*v2);
    return answer(id, apply::Response{});
  }
  if (!is_new) return;
  if (const auto* unsupported = std::get_if<apply::Unsupported>(&request->body)) {
    fatal(Error(Code::kUnimplemented,
                format("entry {} asks for something that this version does not serve "
                       "(InternalRaftRequest field {}); applying the rest without it would make "
                       "this member differ from the others",
                       entry.index.value(), unsupported->field)));
  }
  apply::Context context;
  context.now = parts_.loop.now();
  context.is_awaited = waiters_.contains(id);
  context.backend_size = backend_->size();
  context.quota = quota_;
  auto outcome = state_->apply(*std::move(request), context);
  if (!outcome && outcome.error().message() == error::no_space().message()) raise_no_space();
  if (state_->store().is_compacting() && !compaction_timer_.is_armed()) {
    compaction_timer_.arm_after(kCompactionPause);
  }
  answer(id, std::move(outcome));
}

void Member::apply_v2(const apply::V2Request& request) {
  if (request.method != "PUT") return;
  constexpr std::string_view kMembers = "/0/members/";
  constexpr std::string_view kAttributes = "/attributes";
  const std::string_view path = request.path;
  if (path == "/0/version") {
    if (cluster_.version() != request.value) {
      log_info("updated cluster version", {{"from", cluster_.version()}, {"to", request.value}});
    }
    cluster_.set_version(request.value, *backend_);
    ++membership_epoch_;
  } else if (path.starts_with(kMembers) && path.ends_with(kAttributes)) {
    const auto id =
        parse_hex(path.substr(kMembers.size(), path.size() - kMembers.size() - kAttributes.size()));
    const auto value = json::parse(request.value);
    if (!id || !value) return;
    membership::Member named;
    if (auto parsed = membership::member_from_json(json::Object{
            {"id", *id},
            {"name", value->text_of("name")},
            {"clientURLs",
             value->find("clientURLs") != nullptr ? *value->find("clientURLs") : json::Value()}})) {
      named = *std::move(parsed);
    }
    cluster_.set_attributes(*id, named.name, named.client_urls, *backend_);
    ++membership_epoch_;
  }
}

void Member::apply_conf_change(const raft::Entry& entry) {
  if (entry.index.value() > mvcc::consistent_index(*backend_)) {
    mvcc::set_consistent_index(*backend_, entry.index.value());
  }
  auto change = raftpb::decode_conf_change(entry.data.view());
  if (!change) fatal(std::move(change).error().context(format("entry {}", entry.index.value())));
  membership::ConfChangeContext context;
  Result<void> valid{};
  if (change->type != raft::ConfChangeType::kRemoveNode) {
    if (auto decoded = membership::decode_context(change->context)) {
      context = *std::move(decoded);
    } else {
      valid = fail(std::move(decoded).error());
    }
  }
  if (valid) valid = cluster_.validate(*change, context);
  raft::ConfChangeV2 effect;
  effect.changes.push_back({change->type, valid ? change->node_id : raft::kNoNode});
  if (const auto made = node_.apply_conf_change(entry.index, effect); !made) fatal(made.error());
  if (!valid) return answer(change->id, fail(valid.error()));
  cluster_.apply(*change, context, *backend_);
  ++membership_epoch_;
  on_membership_changed(*change, change->type == raft::ConfChangeType::kRemoveNode &&
                                     change->node_id.value() == booted_id_);
  answer(change->id, apply::Response{});
}

void Member::on_membership_changed(const raft::ConfChange& change, bool is_self_removed) {
  const raft::NodeId id = change.node_id;
  if (change.type == raft::ConfChangeType::kRemoveNode) {
    log_info("removed member", {{"removed-remote-peer-id", to_hex(id.value())}});
    if (!is_self_removed) return transport_->remove_peer(id);
    // Long enough that the others hear that it is committed.
    scope_.spawn([](Member& self) -> Task<void> {
      co_await sleep_for(self.parts_.loop, self.options_.election_ticks * self.options_.tick);
      self.on_self_removed();
    }(*this));
    return;
  }
  const membership::Member& member = *cluster_.find(id.value());
  if (change.type == raft::ConfChangeType::kUpdateNode) {
    transport_->update_peer(id, member.peer_urls);
  } else {
    transport_->add_peer(id, member.peer_urls);
  }
  log_info("added member", {{"cluster-id", to_hex(cluster_.id())},
                            {"added-peer-id", to_hex(id.value())},
                            {"added-peer-peer-urls", member.peer_urls}});
}

void Member::raise_no_space() {
  if (std::exchange(alarm_proposed_, true)) return;
  if (state_->alarms().is_raised(apply::AlarmType::kNoSpace)) return;
  log_warn("the database is over its quota; raising the alarm NOSPACE",
           {{"quota-size-bytes", quota_}, {"size-bytes", backend_->size()}});
  scope_.spawn([](Member& self) -> Task<void> {
    const apply::AlarmRequest request{apply::AlarmAction::kActivate, self.booted_id_,
                                      apply::AlarmType::kNoSpace};
    co_await result(self.propose(apply::kAlarmField, apply::encode(request)));
    self.alarm_proposed_ = false;
  }(*this));
}

void Member::step_compaction() {
  const auto state = state_->store().compact_step();
  compacted_.notify_all();
  maybe_commit();
  if (state == mvcc::Store::Compaction::kMore || state_->store().is_compacting()) {
    compaction_timer_.arm_after(kCompactionPause);
  } else {
    log_info("finished scheduled compaction",
             {{"compact-revision", state_->store().compact_revision()}});
  }
}

Task<void> Member::wait_compacted(int64_t revision) {
  while (state_->store().finished_compact_revision() < revision) co_await compacted_.wait();
  co_await commit_backend();
}

}  // namespace argosy::etcd::member
