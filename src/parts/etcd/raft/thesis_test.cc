// The rules of the thesis, section by section, on a single node that is fed messages.
#include <doctest/doctest.h>
#include <set>

#include "parts/etcd/raft/describe.h"
#include "parts/etcd/raft/node.h"

namespace argosy::etcd::raft {
namespace {

constexpr NodeId kSelf{1};

// A member of a cluster of that size, whose log has entries of these terms from index 1,
// all of them uncommitted, in the term of the last.
Node node_of(uint64_t size, const std::vector<uint64_t>& terms = {}, Config config = {}) {
  RestoredState state;
  for (uint64_t id = 1; id <= size; ++id) state.conf_state.voters.push_back(NodeId(id));
  for (uint64_t term : terms) {
    state.entries.push_back({.term = Term(term), .index = LogIndex(state.entries.size() + 1)});
  }
  state.hard_state.term = Term(terms.empty() ? 0 : terms.back());
  config.id = kSelf;
  config.check_quorum = false;
  config.pre_vote = false;
  Result<Node> node = Node::create(config, std::move(state));
  REQUIRE(node.has_value());
  return std::move(*node);
}

// All Readies, each reported at once; the messages they sent.
std::vector<Message> settle(Node& node) {
  std::vector<Message> messages;
  while (node.has_ready()) {
    Ready ready = node.take_ready();
    if (ready.has_append()) node.appended(ready.append);
    std::ranges::move(ready.messages, std::back_inserter(messages));
    std::ranges::move(ready.messages_after_append, std::back_inserter(messages));
    if (!ready.committed_entries.empty()) node.applied(ready.committed_entries.back().index);
  }
  return messages;
}

std::vector<Message> of_type(std::vector<Message> messages, MessageType type) {
  std::erase_if(messages, [type](const Message& m) { return m.type != type; });
  return messages;
}

void step(Node& node, Message message) {
  message.to = kSelf;
  REQUIRE(node.step(std::move(message)).has_value());
}

void become_leader(Node& node, uint64_t size) {
  node.campaign();
  settle(node);
  for (uint64_t id = 2; id <= size; ++id) {
    step(node, {.type = MessageType::kVoteResp, .from = NodeId(id), .term = node.term()});
  }
  REQUIRE(node.role() == Role::kLeader);
}

void make(Node& node, Role role) {
  if (role == Role::kCandidate) node.campaign();
  if (role == Role::kLeader) become_leader(node, 3);
}

TEST_CASE("3.3: a newer term makes anybody a follower in it") {
  for (Role role : {Role::kFollower, Role::kCandidate, Role::kLeader}) {
    Node node = node_of(3, {1});
    make(node, role);
    step(node, {.type = MessageType::kApp, .from = NodeId(2), .term = Term(9)});
    CHECK(node.role() == Role::kFollower);
    CHECK(node.term() == Term(9));
    CHECK(node.leader() == NodeId(2));
  }
}

TEST_CASE("3.3: an older term changes nothing, and is told so") {
  for (Role role : {Role::kFollower, Role::kCandidate, Role::kLeader}) {
    Node node = node_of(3, {5});
    make(node, role);
    settle(node);
    const Term term = node.term();
    step(node, {.type = MessageType::kApp,
                .from = NodeId(2),
                .term = Term(1),
                .entries = {{.term = Term(1), .index = LogIndex(1)}}});
    CHECK(node.term() == term);
    CHECK(node.role() == role);
    const std::vector<Message> answers = of_type(settle(node), MessageType::kAppResp);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].term == term);
    CHECK(answers[0].index == LogIndex{});
  }
}

TEST_CASE("3.4: a server starts as a follower") {
  Node node = node_of(3);
  CHECK(node.role() == Role::kFollower);
  CHECK(node.leader() == kNoNode);
  CHECK_FALSE(node.has_ready());
}

TEST_CASE("3.4: a leader sends heartbeats to all, each interval") {
  Node node = node_of(3, {}, {.election_tick = 10, .heartbeat_tick = 2});
  become_leader(node, 3);
  settle(node);
  node.tick();
  CHECK(settle(node).empty());
  node.tick();
  CHECK(of_type(settle(node), MessageType::kHeartbeat).size() == 2);
}

TEST_CASE("3.4: who hears no leader campaigns in the next term, and votes for itself") {
  Node node = node_of(3, {2});
  for (int i = 0; i < 20; ++i) node.tick();
  CHECK(node.role() == Role::kCandidate);
  CHECK(node.term() == Term(3));
  CHECK(node.status().hard_state.vote == kSelf);
  const std::vector<Message> requests = of_type(settle(node), MessageType::kVote);
  REQUIRE(requests.size() == 2);
  CHECK(describe(requests[0]) == "1->2 vote term=3 log_term=2 index=1");
}

TEST_CASE("3.4: votes decide by majority") {
  struct Case {
    uint64_t size;
    std::vector<bool> votes;
    Role role;
  };
  const Case cases[] = {
      {1, {}, Role::kLeader},
      {2, {}, Role::kCandidate},
      {2, {false}, Role::kFollower},
      {3, {true}, Role::kLeader},
      {3, {false}, Role::kCandidate},
      {3, {false, true}, Role::kLeader},
      {3, {false, false}, Role::kFollower},
      {5, {true}, Role::kCandidate},
      {5, {true, true}, Role::kLeader},
      {5, {false, false, true}, Role::kCandidate},
      {5, {false, false, true, true}, Role::kLeader},
      {5, {false, false, false}, Role::kFollower},
  };
  for (const Case& c : cases) {
    CAPTURE(c.size);
    CAPTURE(c.votes.size());
    Node node = node_of(c.size);
    node.campaign();
    settle(node);
    for (size_t i = 0; i < c.votes.size(); ++i) {
      step(node, {.type = MessageType::kVoteResp,
                  .from = NodeId(i + 2),
                  .term = Term(1),
                  .reject = !c.votes[i]});
    }
    CHECK(node.role() == c.role);
  }
}

TEST_CASE("3.4: the first answer of a member counts") {
  Node node = node_of(5);
  node.campaign();
  settle(node);
  for (int i = 0; i < 3; ++i) {
    step(node, {.type = MessageType::kVoteResp, .from = NodeId(2), .term = Term(1)});
  }
  CHECK(node.role() == Role::kCandidate);
}

TEST_CASE("3.4: a vote a term, first come, first served") {
  struct Case {
    uint64_t voted, asks;
    bool granted;
  };
  for (const Case& c : {Case{0, 2, true}, {0, 3, true}, {2, 2, true}, {2, 3, false}}) {
    CAPTURE(c.voted);
    CAPTURE(c.asks);
    Node node = node_of(3);
    if (c.voted != 0) {
      step(node, {.type = MessageType::kVote, .from = NodeId(c.voted), .term = Term(1)});
      settle(node);
    }
    step(node, {.type = MessageType::kVote, .from = NodeId(c.asks), .term = Term(1)});
    const std::vector<Message> answers = of_type(settle(node), MessageType::kVoteResp);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].reject == !c.granted);
  }
}

TEST_CASE("3.4: a candidate follows who leads its term") {
  Node node = node_of(3);
  node.campaign();
  settle(node);
  step(node, {.type = MessageType::kHeartbeat, .from = NodeId(2), .term = Term(1)});
  CHECK(node.role() == Role::kFollower);
  CHECK(node.leader() == NodeId(2));
}

TEST_CASE("3.4: election timeouts are random, between once and twice the least") {
  std::set<int> timeouts;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    Node node = node_of(3, {}, {.election_tick = 10, .seed = seed});
    int ticks = 0;
    for (; node.role() == Role::kFollower; ++ticks) node.tick();
    timeouts.insert(ticks);
  }
  CHECK(timeouts.size() == 10);
  CHECK(*timeouts.begin() == 10);
  CHECK(*timeouts.rbegin() == 19);
}

TEST_CASE("3.5: an entry is committed when a majority has it") {
  struct Case {
    uint64_t size, acknowledgements;
    bool is_committed;
  };
  for (const Case& c :
       {Case{1, 0, true}, {3, 0, false}, {3, 1, true}, {3, 2, true}, {5, 1, false}, {5, 2, true}}) {
    CAPTURE(c.size);
    CAPTURE(c.acknowledgements);
    Node node = node_of(c.size);
    become_leader(node, c.size);
    settle(node);
    const LogIndex index = *node.propose(SharedBytes(Bytes("x")));
    settle(node);
    for (uint64_t i = 0; i < c.acknowledgements; ++i) {
      step(node, {.type = MessageType::kAppResp,
                  .from = NodeId(i + 2),
                  .term = node.term(),
                  .index = index});
    }
    CHECK((node.committed() == index) == c.is_committed);
  }
}

TEST_CASE("3.5: a follower checks the entry before, and says where it may match") {
  struct Case {
    uint64_t term, index;
    const char* answer;
  };
  const Case cases[] = {
      {0, 0, "1->2 app-resp term=3"},
      {1, 1, "1->2 app-resp term=3 index=1"},
      {2, 2, "1->2 app-resp term=3 index=2"},
      {1, 2, "1->2 app-resp term=3 log_term=1 index=2 reject hint=1"},
      {3, 3, "1->2 app-resp term=3 log_term=2 index=3 reject hint=2"},
  };
  for (const Case& c : cases) {
    Node node = node_of(3, {1, 2});
    step(node, {.type = MessageType::kApp,
                .from = NodeId(2),
                .term = Term(3),
                .log_term = Term(c.term),
                .index = LogIndex(c.index)});
    const std::vector<Message> answers = of_type(settle(node), MessageType::kAppResp);
    REQUIRE(answers.size() == 1);
    CHECK(describe(answers[0]) == c.answer);
  }
}

TEST_CASE("3.5: a follower commits no further than its log is known to match") {
  for (uint64_t sent : {uint64_t{0}, uint64_t{1}}) {
    CAPTURE(sent);
    Node node = node_of(3, {1, 1, 2, 2});
    std::vector<Entry> entries;
    if (sent == 1) entries.push_back({.term = Term(1), .index = LogIndex(2)});
    step(node, {.type = MessageType::kApp,
                .from = NodeId(2),
                .term = Term(3),
                .log_term = Term(1),
                .index = LogIndex(1),
                .entries = entries,
                .commit = LogIndex(4)});
    CHECK(node.committed() == LogIndex(1 + sent));
    CHECK(node.last_index() == LogIndex(4));
  }
}

TEST_CASE("3.6.1: no vote for a log that is behind") {
  struct Case {
    std::vector<uint64_t> log;
    uint64_t term, index;
    bool granted;
  };
  const Case cases[] = {
      {{1}, 1, 1, true},    {{1}, 1, 2, true},  {{1, 1}, 1, 1, false}, {{1}, 2, 1, true},
      {{1, 1}, 2, 1, true}, {{2}, 1, 1, false}, {{2}, 1, 2, false},    {{1, 2}, 1, 9, false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.term);
    CAPTURE(c.index);
    Node node = node_of(3, c.log);
    step(node, {.type = MessageType::kVote,
                .from = NodeId(2),
                .term = Term(3),
                .log_term = Term(c.term),
                .index = LogIndex(c.index)});
    const std::vector<Message> answers = of_type(settle(node), MessageType::kVoteResp);
    REQUIRE(answers.size() == 1);
    CHECK(answers[0].reject == !c.granted);
  }
}

TEST_CASE("3.6.2: counting commits only entries of the leader's own term (figure 3.7)") {
  struct Case {
    uint64_t acknowledged, committed;
  };
  for (const Case& c : {Case{1, 0}, {2, 0}, {3, 3}}) {
    CAPTURE(c.acknowledged);
    Node node = node_of(3, {1, 2});
    become_leader(node, 3);
    settle(node);
    step(node, {.type = MessageType::kAppResp,
                .from = NodeId(2),
                .term = Term(3),
                .index = LogIndex(c.acknowledged)});
    CHECK(node.committed() == LogIndex(c.committed));
  }
}

TEST_CASE("3.8: a restart needs a state that agrees with itself") {
  const auto refusal = [](RestoredState state, Config config = {.id = kSelf}) {
    state.conf_state.voters = {kSelf};
    Result<Node> node = Node::create(config, std::move(state));
    return node ? "taken" : node.error().text();
  };
  const auto entry = [](uint64_t term, uint64_t index) {
    return Entry{.term = Term(term), .index = LogIndex(index)};
  };
  CHECK(refusal({.entries = {entry(1, 1), entry(2, 2)}}) == "taken");
  CHECK(refusal({.entries = {entry(1, 2)}}) == "entry (index 2, term 1) follows (index 0, term 0)");
  CHECK(refusal({.entries = {entry(2, 1), entry(1, 2)}}) ==
        "entry (index 2, term 1) follows (index 1, term 2)");
  CHECK(refusal({.hard_state = {.commit = LogIndex(2)}, .entries = {entry(1, 1)}}) ==
        "state.commit 2 or applied 0 is out of range [0, 1]");
  CHECK(refusal({.entries = {entry(1, 1)}, .applied = LogIndex(3)}) ==
        "state.commit 0 or applied 3 is out of range [0, 1]");
  CHECK(refusal({.compacted_index = LogIndex(3), .compacted_term = Term(1)}) ==
        "state.commit 0 or applied 0 is out of range [3, 3]");
  CHECK(refusal({}, {}) == "cannot use none as id");
  CHECK(refusal({}, {.id = kSelf, .heartbeat_tick = 0}) == "heartbeat tick must be greater than 0");
  CHECK(refusal({}, {.id = kSelf, .election_tick = 1}) ==
        "election tick must be greater than heartbeat tick");
  CHECK(refusal({}, {.id = kSelf, .max_inflight_messages = 0}) ==
        "max inflight messages must be greater than 0");
  CHECK(refusal({}, {.id = kSelf, .max_inflight_bytes = 5}) ==
        "max inflight bytes must be >= max message size");
  CHECK(refusal({}, {.id = kSelf, .check_quorum = false, .read_only = ReadOnlyOption::kLease}) ==
        "CheckQuorum must be enabled when ReadOnlyOption is ReadOnlyLeaseBased");
}

// Of two changes in a log, the first was applied by the leader that proposed the second.
TEST_CASE("4.1: at a restart all changes but the last are known to be committed") {
  RestoredState state;
  state.conf_state.voters = {kSelf, NodeId(2)};
  for (uint64_t i = 1; i <= 5; ++i) {
    const EntryType type = i % 2 == 0 ? EntryType::kConfChangeV2 : EntryType::kNormal;
    state.entries.push_back({.type = type, .term = Term(1), .index = LogIndex(i)});
  }
  Result<Node> node = Node::create({.id = kSelf}, state);
  REQUIRE(node.has_value());
  CHECK(node->committed() == LogIndex(2));
  // And a candidate waits until it has applied it.
  node->campaign();
  CHECK(node->role() == Role::kFollower);
}

TEST_CASE("4.4: a cluster begins with one committed change a founder") {
  Result<Node> node = Node::create({.id = kSelf, .pre_vote = false}, {});
  REQUIRE(node.has_value());
  node->bootstrap(std::vector<Peer>{{kSelf, "one"}, {NodeId(2), "two"}});
  CHECK(node->conf_state().voters == std::vector<NodeId>{kSelf, NodeId(2)});
  const Ready ready = node->take_ready();
  CHECK(describe(ready) ==
        "append #1 sync\n  entry 1/1 (change v1)\n  entry 1/2 (change v2)\n"
        "  hard term=1 vote=0 commit=2\n");
}

TEST_CASE("messages that no peer sends") {
  Node node = node_of(3);
  const auto refusal = [&node](Message message) {
    Result<void> done = node.step(std::move(message));
    return done ? "taken" : done.error().text();
  };
  CHECK(refusal({.type = MessageType::kHup, .from = NodeId(2)}) ==
        "raft: cannot step raft local message");
  CHECK(refusal({.type = MessageType::kAppResp, .from = NodeId(9), .term = Term(1)}) ==
        "raft: cannot step as peer not found");
  CHECK(refusal({.type = MessageType::kApp,
                 .from = NodeId(2),
                 .term = Term(1),
                 .entries = {{.term = Term(1), .index = LogIndex(7)}}}) ==
        "raft: malformed append");
  CHECK(refusal({.type = MessageType::kSnap, .from = NodeId(2), .term = Term(1)}) ==
        "raft: no snapshot in message");
  CHECK(refusal({.type = MessageType::kHeartbeat,
                 .from = NodeId(2),
                 .term = Term(1),
                 .commit = LogIndex(5)})
            .starts_with("tocommit(5) is out of range [lastIndex(0)]."));
}

}  // namespace
}  // namespace argosy::etcd::raft
