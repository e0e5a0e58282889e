#include "parts/etcd/raft/conf_change.h"

#include <doctest/doctest.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/raft/conf_change_entry.h"

namespace argosy::etcd::raft {
namespace {

// "v1 l2 r3 u4".
std::vector<ConfChangeSingle> changes(std::string_view text) {
  std::vector<ConfChangeSingle> list;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty()) continue;
    ConfChangeType type = ConfChangeType::kAddNode;
    if (word[0] == 'l') type = ConfChangeType::kAddLearnerNode;
    if (word[0] == 'r') type = ConfChangeType::kRemoveNode;
    if (word[0] == 'u') type = ConfChangeType::kUpdateNode;
    list.push_back({type, NodeId(*parse_uint(word.substr(1)))});
  }
  return list;
}

struct Step {
  const char* kind;  // simple, joint, autojoint, leave
  const char* changes;
  const char* expected;
};

std::string run(Tracker& tracker, const Step& step) {
  const Changer changer(tracker, LogIndex(10));
  const std::string_view kind = step.kind;
  Result<Membership> next = kind == "simple" ? changer.simple(changes(step.changes))
                            : kind == "leave"
                                ? changer.leave_joint()
                                : changer.enter_joint(kind == "autojoint", changes(step.changes));
  if (!next) return next.error().text();
  tracker.replace(std::move(next->configuration), std::move(next->progress));
  return describe(tracker.configuration());
}

void run_all(std::initializer_list<Step> steps) {
  Tracker tracker(16, 0);
  for (const Step& step : steps) {
    CAPTURE(step.kind);
    CAPTURE(step.changes);
    CHECK(run(tracker, step) == step.expected);
  }
}

TEST_CASE("simple changes") {
  run_all({{"simple", "v1", "voters=(1)"},
           {"simple", "v2", "voters=(1 2)"},
           {"simple", "l3", "voters=(1 2) learners=(3)"},
           {"simple", "v3", "voters=(1 2 3)"},
           {"simple", "l3", "voters=(1 2) learners=(3)"},
           {"simple", "r3", "voters=(1 2)"},
           {"simple", "r9", "voters=(1 2)"},
           {"simple", "u1", "voters=(1 2)"},
           {"simple", "v0", "voters=(1 2)"},
           {"simple", "l3 l4 v5", "voters=(1 2 5) learners=(3 4)"},
           {"simple", "v3 v4", "more than one voter changed without entering joint config"},
           {"simple", "r1 v6", "more than one voter changed without entering joint config"},
           {"leave", "", "can't leave a non-joint config"},
           {"simple", "r1 r2 r5", "removed all voters"}});
}

TEST_CASE("the first change needs no joint configuration, the last voter stays") {
  run_all({{"joint", "v1", "can't make a zero-voter config joint"},
           {"simple", "v1", "voters=(1)"},
           {"simple", "r1", "removed all voters"},
           {"simple", "l1", "removed all voters"}});
}

TEST_CASE("joint changes") {
  run_all({{"simple", "v1", "voters=(1)"},
           {"joint", "v2 v3", "voters=(1 2 3)&&(1)"},
           {"joint", "v4", "config is already joint"},
           {"simple", "v4", "can't apply simple config change in joint config"},
           {"leave", "", "voters=(1 2 3)"},
           {"autojoint", "r2 v4 l5", "voters=(1 3 4)&&(1 2 3) learners=(5) autoleave"},
           {"leave", "", "voters=(1 3 4) learners=(5)"}});
}

TEST_CASE("a voter becomes a learner when it has left the outgoing half") {
  run_all({{"simple", "v1", "voters=(1)"},
           {"simple", "v2", "voters=(1 2)"},
           {"joint", "l2", "voters=(1)&&(1 2) learners_next=(2)"},
           {"leave", "", "voters=(1) learners=(2)"},
           {"simple", "v2", "voters=(1 2)"},
           {"joint", "l2 v2", "voters=(1 2)&&(1 2)"},
           {"leave", "", "voters=(1 2)"},
           {"joint", "l2 r2", "voters=(1)&&(1 2)"},
           {"leave", "", "voters=(1)"}});
}

TEST_CASE("a newcomer is probed from the end of the log, and given time") {
  Tracker tracker(16, 0);
  run(tracker, {"simple", "v1", ""});
  const Progress* progress = tracker.find(NodeId(1));
  REQUIRE(progress != nullptr);
  CHECK(progress->match == LogIndex{});
  CHECK(progress->next == LogIndex(10));
  CHECK(progress->is_recently_active);
  CHECK(tracker.find(NodeId(2)) == nullptr);
}

// Whatever the changes, a configuration restored from its ConfState is the same, and obeys
// the invariants.
TEST_CASE("restoring a configuration, after random changes") {
  uint64_t state = 1;
  const auto below = [&state](uint64_t bound) {
    state = state * 6364136223846793005 + 1442695040888963407;
    return (state >> 33) % bound;
  };
  int joint_seen = 0;
  int waiting_seen = 0;
  for (int round = 0; round < 300; ++round) {
    INFO("round ", round);
    Tracker tracker(16, 0);
    for (int step = 0; step < 20; ++step) {
      std::string text = "v1";
      for (uint64_t count = below(4); count > 0; --count) {
        text += format(" {}{}", "vlru"[below(4)], 1 + below(5));
      }
      constexpr const char* kKinds[] = {"simple", "joint", "autojoint", "leave"};
      run(tracker, {kKinds[below(4)], text.c_str(), ""});
      const ConfState conf_state = tracker.conf_state();
      Tracker fresh(16, 0);
      Result<Membership> restored = restore_membership(conf_state, fresh, LogIndex(10));
      REQUIRE(restored.has_value());
      REQUIRE(restored->configuration == tracker.configuration());
      for (const auto& [id, progress] : tracker.members()) {
        REQUIRE(restored->progress.at(id).is_learner == progress.is_learner);
      }
      REQUIRE(restored->progress.size() == tracker.members().size());
      joint_seen += tracker.configuration().is_joint() ? 1 : 0;
      waiting_seen += tracker.configuration().learners_next.empty() ? 0 : 1;
    }
  }
  CHECK(joint_seen > 100);
  CHECK(waiting_seen > 10);
}

TEST_CASE("configurations that no change leads to are refused") {
  Tracker tracker(16, 0);
  const auto refusal = [&](const ConfState& state) {
    Result<Membership> restored = restore_membership(state, tracker, LogIndex(1));
    return restored ? std::string("taken") : restored.error().text();
  };
  const NodeId one(1);
  const NodeId two(2);
  CHECK(refusal({.voters = {one}}) == "taken");
  CHECK(refusal({.learners = {one}}) == "removed all voters");
  CHECK(refusal({.voters = {one}, .learners = {one}}) == "1 is in Learners and Voters[0]");
  CHECK(refusal({.voters = {one}, .learners_next = {two}}) == "no progress for 2");
  CHECK(refusal({.voters = {one}, .auto_leave = true}) == "AutoLeave must be false when not joint");
  CHECK(refusal({.voters = {one}, .learners = {two}, .voters_outgoing = {two}}) ==
        "2 is in Learners and Voters[1]");
}

TEST_CASE("what kind of change it is") {
  const ConfChangeV2 none;
  ConfChangeV2 one{.changes = changes("v1")};
  ConfChangeV2 two{.changes = changes("v1 v2")};
  CHECK(kind_of(none) == ChangeKind::kLeaveJoint);
  CHECK(kind_of(one) == ChangeKind::kSimple);
  CHECK(kind_of(two) == ChangeKind::kEnterJoint);
  one.transition = ConfChangeTransition::kJointExplicit;
  CHECK(kind_of(one) == ChangeKind::kEnterJoint);
}

TEST_CASE("changes as entry data") {
  const ConfChange one{
      .id = 300, .type = ConfChangeType::kRemoveNode, .node_id = NodeId(5), .context = "c"};
  CHECK(to_hex(encode(one)) ==
        "08ac02100118052201"
        "63");
  CHECK(*decode_conf_change(encode(one)) == one);
  // The numbers are written even when zero, as every member must write the same.
  CHECK(to_hex(encode(ConfChange{.node_id = NodeId(1)})) == "080010001801");

  const ConfChangeV2 several{.transition = ConfChangeTransition::kJointImplicit,
                             .changes = changes("v1 l2"),
                             .context = "x"};
  CHECK(to_hex(encode(several)) == "08011204080010011204080310021a0178");
  CHECK(*decode_conf_change_v2(encode(several)) == several);
  CHECK(encode(ConfChangeV2{}).empty());
  CHECK(*decode_conf_change_v2("") == ConfChangeV2{});

  CHECK_FALSE(decode_conf_change("\x10\x07").has_value());
  CHECK_FALSE(decode_conf_change("\x18").has_value());
  CHECK_FALSE(decode_conf_change_v2("\x08\x03").has_value());
  CHECK_FALSE(decode_conf_change_v2("\x12\x05\x08").has_value());
  CHECK_FALSE(decode_conf_change(Entry{}).has_value());
}

}  // namespace
}  // namespace argosy::etcd::raft
