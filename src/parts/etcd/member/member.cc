#include "parts/etcd/member/member.h"

#include "base/format.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/mvcc/consistent_index.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {
namespace {

// Proposals that may be ahead of what is applied.
constexpr uint64_t kMaxGap = 5000;
constexpr uint64_t kMaxApplyingBytes = 256 * 1024;

raft::Config raft_config(const Options& options, uint64_t id, Random& random) {
  raft::Config config;
  config.id = raft::NodeId(id);
  config.election_tick = options.election_ticks;
  config.heartbeat_tick = 1;
  config.seed = random.next();
  config.max_inflight_messages = 512;
  config.max_applying_size = kMaxApplyingBytes;
  config.check_quorum = true;
  config.pre_vote = options.pre_vote;
  return config;
}

lease::LessorOptions lease_options(const Options& options) {
  lease::LessorOptions lease;
  const Duration election = options.election_ticks * options.tick;
  lease.min_ttl = (3 * election / 2 + seconds(1) - nanoseconds(1)) / seconds(1);
  return lease;
}

uint64_t quota_of(const Options& options) {
  if (options.quota_bytes < 0) return 0;
  return options.quota_bytes == 0 ? kDefaultQuota : static_cast<uint64_t>(options.quota_bytes);
}

peer::TransportOptions transport_options(const MemberParts& parts, const Options& options,
                                         const Booted& booted) {
  peer::TransportOptions transport;
  transport.self = raft::NodeId(booted.member_id);
  transport.cluster_id = booted.cluster_id;
  transport.server_version = kServerVersion;
  transport.advertised_peer_urls = options.advertised_peer_urls;
  transport.tls = parts.peer_tls;
  transport.dial_timeout = seconds(1) + options.election_ticks * options.tick;
  return transport;
}

}  // namespace

Result<std::unique_ptr<Member>> Member::create(MemberParts parts, Options options, Booted booted) {
  raft::Node node = TRY(raft::Node::create(raft_config(options, booted.member_id, parts.random),
                                           std::move(booted.raft)));
  if (!booted.bootstrap.empty()) node.bootstrap(booted.bootstrap);
  auto member = std::unique_ptr<Member>(
      new Member(parts, std::move(options), std::move(booted), std::move(node)));
  if (const auto& damage = member->state_->store().damage()) {
    return fail(Error(*damage).context(member->paths_.db));
  }
  return member;
}

Member::Member(MemberParts parts, Options options, Booted booted, raft::Node node)
    : parts_(parts),
      options_(std::move(options)),
      booted_id_(booted.member_id),
      quota_(quota_of(options_)),
      paths_(paths_of(options_)),
      cluster_(std::move(booted.cluster)),
      first_members_(std::move(booted.first_members)),
      backend_(std::move(booted.backend)),
      state_(std::make_unique<apply::StateMachine>(*backend_, lease_options(options_))),
      node_(std::move(node)),
      ids_(booted_id_, parts.loop.wall_now()),
      leader_changed_(parts.loop),
      applied_something_(parts.loop),
      ready_(parts.loop),
      committed_(parts.loop),
      compacted_(parts.loop),
      gate_(parts.loop,
            {[this](Bytes context) {
               if (!node_.read_index(std::move(context))) ++counters_.read_indexes_failed;
               wants_pump();
             },
             [this] { return ids_.next(); }, [this] { return applied_; }},
            request_timeout(options_)),
      applied_(node_.applied()),
      snapshot_index_(booted.snapshot_index),
      pump_timer_(parts.loop, [this] { wants_pump(); }),
      tick_timer_(parts.loop, [this] { tick(); }),
      commit_timer_(parts.loop, [this] { maybe_commit(); }),
      lease_timer_(parts.loop, [this] { expire_leases(); }),
      compaction_timer_(parts.loop, [this] { step_compaction(); }),
      log_(std::make_unique<LogWriter>(
          parts.loop, parts.disk, paths_.snap_dir, std::move(booted.log),
          [this](raft::AppendId id, LogWriter::Stats stats) {
            counters_.wal_bytes = stats.bytes_written;
            if (counters_.on_wal_fsync) counters_.on_wal_fsync(stats.fsync_took);
            on_appended(id);
          },
          [this](const Error& error) { fatal(error); })),
      transport_(std::make_unique<peer::Transport>(parts.loop, parts.network,
                                                   transport_options(parts, options_, booted),
                                                   static_cast<peer::Delegate&>(*this))),
      scope_(parts.loop) {}

Member::~Member() = default;

void Member::start() {
  for (const auto& [id, member] : first_members_) {
    transport_->add_peer(raft::NodeId(id), member.peer_urls);
  }
  for (const auto& [id, member] : cluster_.members()) {
    transport_->add_peer(raft::NodeId(id), member.peer_urls);
  }
  pump();  // applies what is committed, so that the members are known
  advance_first_election();
  tick_timer_.arm_after(options_.tick);
  lease_timer_.arm_after(lease::kExpiryInterval);
  if (state_->store().is_compacting()) compaction_timer_.arm_after(milliseconds(1));
  scope_.spawn(publish());
  scope_.spawn(watch_version());
  scope_.spawn(purge_files());
  wants_pump();
}

Task<void> Member::ready() {
  while (!is_published_) co_await ready_.wait();
}

bool Member::is_learner() const {
  const membership::Member* self = cluster_.find(booted_id_);
  return self != nullptr && self->is_learner;
}

wire::Header Member::header() const {
  return {cluster_.id(), booted_id_, state_->store().revision(), term()};
}

Task<void> Member::wait_for_leader(MonotonicTime deadline) {
  while (node_.leader() == raft::kNoNode) {
    const auto waited = co_await with_deadline(
        parts_.loop, deadline,
        [](Wakeup& changed) -> Task<void> { co_await changed.wait(); }(leader_changed_));
    if (!waited) co_await failure(timeout_error(deadline - request_timeout(options_)));
  }
}

// The original's guess why nothing came back (its parseProposeCtxErr).
Error Member::timeout_error(MonotonicTime began) const {
  const Duration election = options_.election_ticks * options_.tick;
  if (leader_lost_at_ && *leader_lost_at_ > began - 2 * election) {
    return error::timeout_due_to_leader_failure();
  }
  const uint64_t lead = leader();
  if (lead == booted_id_) {
    size_t reachable = 1;
    for (const raft::NodeId id : transport_->peer_ids()) {
      reachable += transport_->active_since(id) ? 1 : 0;
    }
    if (reachable < cluster_.voter_count() / 2 + 1) return error::timeout_due_to_connection_lost();
  } else if (lead != 0 && !transport_->active_since(raft::NodeId(lead))) {
    return error::timeout_due_to_connection_lost();
  }
  return error::timeout();
}

Task<apply::Response> Member::propose(uint32_t field, Bytes request) {
  co_await admit_proposal();
  const uint64_t id = ids_.next();
  Bytes entry = apply::encode_entry(id, field, request);
  if (entry.size() > options_.max_request_bytes) co_return fail(error::too_large());
  co_return co_await wait_for(id, std::move(entry));
}

Task<void> Member::propose_v2(std::string method, std::string path, std::string value) {
  co_await admit_proposal();
  const uint64_t id = ids_.next();
  Bytes entry = apply::encode_v2({id, std::move(method), std::move(path), std::move(value)});
  co_await wait_for(id, std::move(entry));
}

Result<void> Member::admit_proposal() const {
  if (node_.committed().value() <= applied_.value() + kMaxGap) return {};
  return fail(error::too_many_requests());
}

Result<void> Member::hand_over(Proposal proposal) {
  if (auto* entry = std::get_if<Bytes>(&proposal)) {
    TRY(node_.propose(SharedBytes(std::move(*entry))));
  } else {
    TRY(node_.propose_conf_change(std::get<raft::ConfChange>(proposal)));
  }
  wants_pump();
  return {};
}

Task<apply::Response> Member::wait_for(uint64_t id, Proposal proposal) {
  const MonotonicTime began = parts_.loop.now();
  const MonotonicTime deadline = began + request_timeout(options_);
  Eventual<apply::Response> answer(parts_.loop);
  struct Registration {
    Member& member;
    uint64_t id;
    ~Registration() { member.waiters_.erase(id); }
  };
  waiters_.emplace(id, &answer);
  const Registration registration{*this, id};
  if (leader() == 0) co_await wait_for_leader(deadline);
  if (const auto taken = hand_over(std::move(proposal)); !taken) {
    ++counters_.proposals_failed;
    co_return fail(taken.error());
  }
  Timer late(parts_.loop, [&] {
    ++counters_.proposals_failed;
    answer.set(fail(timeout_error(began)));
  });
  late.arm_at(deadline);
  co_return co_await answer.wait();
}

void Member::answer(uint64_t id, Result<apply::Response> outcome) {
  if (id == 0) return;
  const auto it = waiters_.find(id);
  if (it != waiters_.end()) it->second->set(std::move(outcome));
}

int64_t Member::new_lease_id() {
  int64_t id = 0;
  do {
    id = static_cast<int64_t>(ids_.next() & 0x7FFFFFFFFFFFFFFF);
  } while (id == 0 || state_->lessor().has(lease::LeaseId(id)));
  return id;
}

Task<void> Member::stop() {
  is_stopping_ = true;
  if (is_leader() && cluster_.voter_count() > 1) {
    raft::NodeId heir;
    std::optional<MonotonicTime> longest;
    for (const raft::NodeId id : transport_->peer_ids()) {
      const membership::Member* member = cluster_.find(id.value());
      const auto since = transport_->active_since(id);
      if (member == nullptr || member->is_learner || !since) continue;
      if (!longest || *since < *longest) {
        longest = since;
        heir = id;
      }
    }
    if (heir != raft::kNoNode) {
      log_info("leadership transfer starting", {{"transferee-member-id", to_hex(heir.value())}});
      const auto moved = co_await result(move_leader(heir.value()));
      if (!moved) log_warn("leadership transfer failed", {{"error", moved.error()}});
    }
  }
  tick_timer_.disarm();
  lease_timer_.disarm();
  scope_.cancel();
  co_await result(commit_backend());
}

}  // namespace argosy::etcd::member
