#include "parts/etcd/raftsim/plan.h"

#include "base/format.h"
#include "parts/etcd/raftsim/rng.h"

namespace argosy::etcd::raftsim {
namespace {

// Off in half of the plans.
uint64_t maybe(Rng& rng, uint64_t from, uint64_t to) {
  const uint64_t value = rng.between(from, to);
  return rng.percent(50) ? value : 0;
}

void plan_faults(Plan& plan, Rng& rng) {
  plan.loss = maybe(rng, 1, 30);
  plan.duplication = maybe(rng, 1, 20);
  plan.delay_max = rng.percent(30) ? rng.between(1, 30) : rng.between(1, 5);
  plan.straggling = maybe(rng, 1, 10);
  plan.write_max = maybe(rng, 1, 30);
  plan.apply_max = maybe(rng, 1, 30);
  plan.pump_max = maybe(rng, 1, 5);
  plan.crash = maybe(rng, 1, 8);
  plan.restart = rng.between(3, 30);
  plan.partition = maybe(rng, 1, 8);
  plan.heal = rng.between(2, 15);
  plan.unreachable = maybe(rng, 1, 4);
  plan.skew = maybe(rng, 5, 60);
}

void plan_load(Plan& plan, Rng& rng) {
  plan.propose = rng.between(3, 40);
  plan.read = maybe(rng, 1, 20);
  plan.membership = maybe(rng, 1, 10);
  plan.transfer = maybe(rng, 1, 4);
  plan.campaign = maybe(rng, 1, rng.percent(50) ? 3 : 20);
  plan.checkpoint = maybe(rng, 1, 15);
  plan.forget = maybe(rng, 1, 2);
}

void plan_config(Plan& plan, Rng& rng) {
  raft::Config& config = plan.config;
  config.election_tick = static_cast<uint32_t>(rng.between(4, 10));
  config.check_quorum = rng.percent(60);
  config.pre_vote = rng.percent(60);
  config.max_size_per_message = rng.percent(40) ? rng.between(1, 100) : 1 << 20;
  config.max_applying_size = maybe(rng, 1, 200);
  config.max_uncommitted_size = maybe(rng, 20, 200);
  config.max_inflight_messages = static_cast<uint32_t>(rng.between(1, 8));
  config.forward_proposals = rng.percent(80);
  config.step_down_on_removal = rng.percent(50);
  if (config.check_quorum && rng.percent(30)) {
    // Leases hold for clocks that nearly agree, and if nobody breaks promises on purpose.
    config.read_only = raft::ReadOnlyOption::kLease;
    plan.skew = std::min<uint64_t>(plan.skew, 20);
    plan.campaign = 0;
  }
}

// What random plans rarely come to: many leaders in little time, each with something that
// is not committed yet, sent entry by entry.
void plan_churn(Plan& plan, Rng& rng) {
  plan.voters = rng.between(3, 5);
  plan.universe = plan.voters;
  plan.config.pre_vote = false;
  plan.config.check_quorum = false;
  plan.config.read_only = raft::ReadOnlyOption::kSafe;
  plan.config.max_size_per_message = 1;
  plan.config.max_inflight_messages = 1;
  plan.campaign = rng.between(5, 30);
  plan.partition = rng.between(5, 30);
  plan.loss = rng.between(10, 60);
  plan.crash = maybe(rng, 1, 10);
}

// Leaders that are deposed without knowing it, and asked for reads.
void plan_stale_reads(Plan& plan, Rng& rng) {
  plan.voters = rng.between(2, 5);
  plan.universe = plan.voters;
  plan.read = 60;
  plan.propose = 40;
  plan.partition = rng.between(1, 10);
  plan.transfer = maybe(rng, 1, 10);
  plan.crash = maybe(rng, 1, 10);
  plan.restart = rng.between(5, 60);
  plan.config.check_quorum = true;
  if (rng.percent(70)) {
    plan.config.read_only = raft::ReadOnlyOption::kLease;
    plan.skew = std::min<uint64_t>(plan.skew, 20);
    plan.campaign = 0;
  }
}

// Followers far behind, whose logs are replaced while they are being written.
void plan_snapshots(Plan& plan, Rng& rng) {
  plan.checkpoint = rng.between(20, 60);
  plan.write_max = rng.between(10, 100);
  plan.propose = 50;
  plan.partition = rng.between(3, 15);
  plan.loss = rng.between(0, 20);
}

// Configurations change as fast as they can.
void plan_moves(Plan& plan, Rng& rng) {
  plan.voters = rng.between(1, 3);
  plan.universe = rng.between(plan.voters + 1, 7);
  plan.membership = rng.between(10, 40);
  plan.crash = rng.between(1, 10);
  plan.partition = rng.between(1, 10);
  plan.campaign = plan.config.read_only == raft::ReadOnlyOption::kLease ? 0 : 5;
}

}  // namespace

Plan plan_of(uint64_t seed) {
  Rng rng(seed);
  Plan plan{.seed = seed};
  plan.steps = rng.between(200, 1500);
  plan.voters = rng.between(1, 5);
  plan.universe = plan.voters + rng.between(0, 7 - plan.voters);
  plan_faults(plan, rng);
  plan_load(plan, rng);
  plan_config(plan, rng);
  switch (rng.between(0, 7)) {
    case 0:
      plan_churn(plan, rng);
      break;
    case 1:
      plan_stale_reads(plan, rng);
      break;
    case 2:
      plan_snapshots(plan, rng);
      break;
    case 3:
      plan_moves(plan, rng);
      break;
    default:
      break;
  }
  return plan;
}

std::string describe(const Plan& plan) {
  const raft::Config& config = plan.config;
  return format(
      "seed={} steps={} voters={} universe={} loss={} duplication={} delay={} straggling={} "
      "write={} apply={} pump={} crash={} restart={} partition={} heal={} propose={} read={} "
      "membership={} transfer={} campaign={} checkpoint={} unreachable={} forget={} skew={} "
      "election_tick={} check_quorum={} pre_vote={} lease={} message_size={} applying={} "
      "uncommitted={} inflight={} forward={} step_down={}",
      plan.seed, plan.steps, plan.voters, plan.universe, plan.loss, plan.duplication,
      plan.delay_max, plan.straggling, plan.write_max, plan.apply_max, plan.pump_max, plan.crash,
      plan.restart, plan.partition, plan.heal, plan.propose, plan.read, plan.membership,
      plan.transfer, plan.campaign, plan.checkpoint, plan.unreachable, plan.forget, plan.skew,
      config.election_tick, config.check_quorum, config.pre_vote,
      config.read_only == raft::ReadOnlyOption::kLease, config.max_size_per_message,
      config.max_applying_size, config.max_uncommitted_size, config.max_inflight_messages,
      config.forward_proposals, config.step_down_on_removal);
}

}  // namespace argosy::etcd::raftsim
