// One member of a simulated cluster: a node, its disk, its state machine, and the owner's
// work between them, all of it as late as the plan allows. A crash leaves the disk.
#pragma once

#include <deque>
#include <memory>

#include "parts/etcd/raftsim/checker.h"
#include "parts/etcd/raftsim/disk.h"
#include "parts/etcd/raftsim/plan.h"
#include "parts/etcd/raftsim/timeline.h"

namespace argosy::etcd::raftsim {

// What members share.
struct World {
  const Plan& plan;
  Rng& rng;
  Timeline& timeline;
  Checker& checker;
  // Hands a message to the network.
  std::function<void(raft::Message)> send;
  // Hears a line about each event, if anybody listens.
  std::function<void(const std::string&)> trace;
  // The faults are over, and disks are quick: raft promises progress only if messages and
  // writes take much less time than an election timeout.
  bool is_calm = false;
};

class Member {
 public:
  Member(NodeId id, World& world) : id_(id), world_(world) {}

  NodeId id() const { return id_; }
  bool is_running() const { return node_ != nullptr; }
  raft::Node& node() { return *node_; }
  const Machine& machine() const { return machine_; }
  bool has_log() const { return disk_.image().last_index() > LogIndex{}; }
  // Counts starts: what was planned for an earlier life does not happen.
  uint64_t life() const { return life_; }

  void start(std::span<const raft::Peer> peers = {});
  void crash();
  // Each of these may be followed by a Ready, now or later.
  void tick();
  void receive(raft::Message message);
  void propose(uint64_t number);
  void propose_change(const raft::ConfChangeV2& change);
  void read(uint64_t number);
  // Looks after whatever else was done to node().
  void attend();
  // Saves the state machine, and forgets the log but for `keep` entries.
  void checkpoint(uint64_t keep);
  // The network lost or delivered a snapshot that we sent.
  void snapshot_done(NodeId to, bool ok) { node_->report_snapshot(to, ok); }

 private:
  // Runs the action later, in this life.
  void later(uint64_t delay_max, std::function<void()> action);
  void pump();
  void act_on(raft::Ready ready);
  void check_ready(const raft::Ready& ready);
  void finish_write();
  // What a message promises must be durable when it leaves.
  void check_promise(const raft::Message& message) const;
  void apply_some();
  void apply(const raft::Entry& entry);
  void apply_change(const raft::Entry& entry);
  void send_snapshot(NodeId to);
  void observe();

  const NodeId id_;
  World& world_;
  Disk disk_;
  uint64_t life_ = 0;
  std::unique_ptr<raft::Node> node_;
  Machine machine_;
  std::deque<raft::Entry> to_apply_;
  bool is_pump_planned_ = false;
};

}  // namespace argosy::etcd::raftsim
