// One member of a cluster: raft, its log, the applied state and the other members, held
// together on the loop's thread.
//
// The way of a write: propose() -> raft -> (log writer's thread and the peers) ->
// committed -> applied in order -> the waiter's answer. Everything flows one way; each
// turn of the loop ends with one pump() that hands over what raft has ready.
#pragma once

#include <deque>
#include <unordered_map>
#include <variant>

#include "io/http/exchange.h"
#include "io/task/scope.h"
#include "parts/etcd/apply/state_machine.h"
#include "parts/etcd/backend/backend.h"
#include "parts/etcd/member/boot.h"
#include "parts/etcd/member/log_writer.h"
#include "parts/etcd/member/options.h"
#include "parts/etcd/member/read_gate.h"
#include "parts/etcd/member/request_ids.h"
#include "parts/etcd/peer/transport.h"
#include "parts/etcd/raft/node.h"
#include "parts/etcd/wire/kv_responses.h"
#include "sys/random/random.h"

namespace argosy::etcd::member {

// What the metrics show; the member counts, others read.
struct Counters {
  uint64_t proposals_committed = 0;
  uint64_t proposals_applied = 0;
  uint64_t proposals_failed = 0;
  uint64_t leader_changes = 0;
  uint64_t leases_expired = 0;
  uint64_t leases_renewed = 0;
  uint64_t ranges = 0;
  uint64_t read_indexes_failed = 0;
  uint64_t wal_bytes = 0;
  // Told of each sync of the log and each commit of the backend.
  std::function<void(Duration)> on_wal_fsync;
  std::function<void(Duration)> on_backend_commit;
  // Told of each probe of another member.
  std::function<void(uint64_t id, Duration)> on_round_trip;
};

struct MemberParts {
  Loop& loop;
  Network& network;
  Disk& disk;
  const Clock& clock;
  Random& random;
  TlsContext* peer_tls = nullptr;
};

class Member final : private peer::Delegate {
 public:
  static Result<std::unique_ptr<Member>> create(MemberParts parts, Options options, Booted booted);
  ~Member();

  // Begins to tick and to talk; publishes the name and URLs when there is a leader.
  void start();
  // Hands over leadership if it has it, then makes everything durable.
  Task<void> stop();
  // Resumes when the member has published itself: it may serve clients.
  Task<void> ready();

  // -- Requests.

  // Proposes an InternalRaftRequest with `request` in `field` and waits until it is
  // applied here. Errors: those of applying it, too large, too many, timeouts.
  Task<apply::Response> propose(uint32_t field, Bytes request);
  // A v2 request, for what 3.4 members tell each other that way.
  Task<void> propose_v2(std::string method, std::string path, std::string value);
  // Returns when a read of the state is linearizable.
  Task<void> linearize() { return gate_.pass(); }

  // -- Members. Each returns when the change is applied here.
  Task<membership::Member> add_member(std::vector<std::string> peer_urls, bool is_learner);
  Task<void> remove_member(uint64_t id);
  Task<void> update_member(uint64_t id, std::vector<std::string> peer_urls);
  // As they are for the leader, who judges the promotion.
  Task<membership::Members> promote_member(uint64_t id);
  Task<void> move_leader(uint64_t to);

  // -- Leases on whoever leads.
  struct KeptAlive {
    int64_t ttl = 0;
  };
  // NotFound for an unknown lease.
  Task<int64_t> renew_lease(int64_t id);
  Task<lease::TimeToLive> lease_time_to_live(int64_t id, bool with_keys);
  int64_t new_lease_id();

  // -- State.
  uint64_t id() const { return booted_id_; }
  uint64_t cluster_id() const { return cluster_.id(); }
  uint64_t leader() const { return node_.leader().value(); }
  bool is_leader() const { return node_.role() == raft::Role::kLeader; }
  bool is_learner() const;
  uint64_t term() const { return node_.term().value(); }
  uint64_t committed() const { return node_.committed().value(); }
  uint64_t applied() const { return applied_.value(); }
  raft::Status raft_status() const { return node_.status(); }
  wire::Header header() const;
  apply::StateMachine& state() { return *state_; }
  const membership::Cluster& cluster() const { return cluster_; }
  backend::Backend& backend() { return *backend_; }
  peer::Transport& transport() { return *transport_; }
  const Options& options() const { return options_; }
  Loop& loop() const { return parts_.loop; }
  uint64_t quota() const { return quota_; }
  // Worth to reckon whether a request still fits: any may hold a few megabytes.
  bool is_near_quota() const { return quota_ != 0 && backend_->size() + (64 << 20) >= quota_; }
  // Proposes the alarm NOSPACE, once.
  void raise_no_space();
  size_t waiting_proposals() const { return waiters_.size(); }
  Counters& counters() { return counters_; }
  // For whoever wants to end streams when the leader is lost (metadata hasleader).
  Wakeup& leader_changed() { return leader_changed_; }
  // For watch streams: something may be in the hub's queues.
  Wakeup& applied_something() { return applied_something_; }

  // Makes all that is applied durable in the backend.
  Task<void> commit_backend();
  Task<void> defragment();
  // Resumes when the compaction to this revision has left the disk.
  Task<void> wait_compacted(int64_t revision);

  // Serves what other members ask over HTTP; false when the path is none of theirs.
  static bool serves_peer_path(std::string_view path);
  Task<void> handle_peer(Exchange& exchange);

 private:
  Member(MemberParts parts, Options options, Booted booted, raft::Node node);

  // peer::Delegate
  void on_message(raft::Message message) override;
  void on_unreachable(raft::NodeId id) override;
  void on_snapshot_sent(raft::NodeId id, bool ok) override;
  void on_round_trip(raft::NodeId id, Duration took) override;
  bool is_removed(raft::NodeId id) const override;
  Task<void> receive_database(Exchange& exchange, raft::LogIndex index, Bytes first) override;
  void on_self_removed() override;

  // raft_driver.cc
  void tick();
  void wants_pump();
  void pump();
  void handle(raft::Ready ready);
  void write_append(raft::Ready& ready);
  void on_appended(raft::AppendId id);
  void report_appended();
  void on_soft_state(const raft::SoftState& state);
  void advance_first_election();
  [[noreturn]] void fatal(const Error& error);

  // applying.cc
  void apply_committed();
  void apply_entry(const raft::Entry& entry);
  void apply_normal(const raft::Entry& entry);
  void apply_v2(const apply::V2Request& request);
  void apply_conf_change(const raft::Entry& entry);
  void on_membership_changed(const raft::ConfChange& change, bool is_self_removed);
  void answer(uint64_t id, Result<apply::Response> outcome);
  void step_compaction();

  // commits.cc
  void maybe_commit();
  void begin_commit();

  // snapshots.cc
  void maybe_snapshot();
  Task<void> take_snapshot();
  Task<void> send_snapshot(raft::NodeId to);
  Task<void> install_snapshot(raft::Snapshot snapshot);
  Task<void> run_on_log(std::move_only_function<Result<void>(wal::Wal&)> work);

  // duties.cc: what goes on by itself
  Task<void> publish();
  void on_published();
  Task<void> watch_version();
  Task<std::optional<std::string>> lowest_version();
  void expire_leases();
  Task<void> revoke_expired(int64_t id);
  Task<void> purge_files();

  // reconfigure.cc
  Task<void> change_configuration(raft::ConfChange change);
  Result<void> may_remove(uint64_t id) const;
  Task<Bytes> ask_leader(std::string method, std::string target, Headers headers, Bytes body);
  Task<void> handle_members(Exchange& exchange);
  Task<void> handle_promote(Exchange& exchange);
  Task<void> handle_leases(Exchange& exchange);
  Task<void> handle_hash_kv(Exchange& exchange);

  // What becomes an entry of the log. Its id is the waiter's.
  using Proposal = std::variant<Bytes, raft::ConfChange>;
  Result<void> admit_proposal() const;
  Result<void> hand_over(Proposal proposal);
  Task<apply::Response> wait_for(uint64_t id, Proposal proposal);
  Task<void> wait_for_leader(MonotonicTime deadline);
  Error timeout_error(MonotonicTime began) const;

  MemberParts parts_;
  Options options_;
  const uint64_t booted_id_;
  const uint64_t quota_;
  Paths paths_;
  Counters counters_;
  membership::Cluster cluster_;
  membership::Members first_members_;
  std::unique_ptr<backend::Backend> backend_;
  std::unique_ptr<apply::StateMachine> state_;
  raft::Node node_;
  RequestIds ids_;
  Wakeup leader_changed_;
  Wakeup applied_something_;
  Wakeup ready_;
  Wakeup committed_;
  Wakeup compacted_;
  ReadGate gate_;

  raft::LogIndex applied_;
  raft::LogIndex snapshot_index_;
  std::deque<raft::Entry> to_apply_;
  bool is_installing_ = false;  // from a snapshot's arrival on
  bool is_replacing_ = false;   // the state, with the snapshot at the front of after_append_
  bool is_snapshotting_ = false;
  bool is_published_ = false;
  bool is_stopping_ = false;
  bool alarm_proposed_ = false;
  uint64_t commits_begun_ = 0;
  uint64_t commits_done_ = 0;
  MonotonicTime commit_began_{};
  raft::LogIndex sealed_index_;     // applied when the running commit was sealed
  raft::LogIndex committed_index_;  // applied when the last finished one was
  // Counts changes of the members; as of `sealed_index_` and `committed_index_`.
  uint64_t membership_epoch_ = 0;
  uint64_t sealed_epoch_ = 0;
  uint64_t committed_epoch_ = 0;
  uint64_t last_leader_ = 0;
  std::optional<MonotonicTime> leader_lost_at_;
  size_t revoking_ = 0;
  uint64_t receiving_ = 0;

  struct AfterAppend {
    raft::AppendId id;
    std::vector<raft::Message> messages;
    std::optional<raft::Snapshot> snapshot;  // until it is installed
  };
  std::deque<AfterAppend> after_append_;
  raft::AppendId appended_;  // the newest that is durable
  std::unordered_map<uint64_t, Eventual<apply::Response>*> waiters_;

  class Pump final : public Runnable {
   public:
    explicit Pump(Member& member) : member_(member) {}
    void run() override { member_.pump(); }

   private:
    Member& member_;
  };
  Pump pump_{*this};
  Timer pump_timer_;
  Timer tick_timer_;
  Timer commit_timer_;
  Timer lease_timer_;
  Timer compaction_timer_;
  std::unique_ptr<LogWriter> log_;
  std::unique_ptr<peer::Transport> transport_;
  Scope scope_;
};

}  // namespace argosy::etcd::member
