// A whole cluster in virtual time, with everything that goes wrong in one: one history,
// which depends on its plan alone.
#pragma once

#include "parts/etcd/raftsim/member.h"
#include "parts/etcd/raftsim/network.h"

namespace argosy::etcd::raftsim {

class Cluster {
 public:
  using Trace = std::function<void(const std::string&)>;
  explicit Cluster(const Plan& plan, Trace trace = nullptr);
  Cluster(const Cluster&) = delete;
  Cluster& operator=(const Cluster&) = delete;

  // Runs the plan's steps, then ends all faults and waits until the members agree. Empty
  // when all was well, else the first violation.
  std::optional<std::string> run();

  uint64_t committed() const { return checker_.committed_index().value(); }
  uint64_t reads_answered() const { return checker_.reads_answered(); }

 private:
  void plan_tick(Member& member);
  void plan_chance();
  void take_chances();
  void disturb();
  void load();
  void send(raft::Message message);
  void deliver(const raft::Message& message);
  void snapshot_done(const raft::Message& message, bool ok);
  raft::ConfChangeV2 random_change(const raft::ConfState& state);
  Member* random_running();
  Member& at(NodeId id) { return *members_[id.value() - 1]; }

  // The calm after the storm.
  void recover();
  Member* newest_leader();
  void keep_only_members(Member& leader);
  bool agree(Member& leader, LogIndex index);

  const Plan plan_;
  Rng rng_;
  Timeline timeline_;
  Checker checker_;
  Network network_;
  World world_;
  std::vector<std::unique_ptr<Member>> members_;
  uint64_t next_number_ = 1;
};

}  // namespace argosy::etcd::raftsim
