// Scenario: a few nodes whose every step is a command of a text file, for tests that
// read as a story. The commands:
//
//   cluster N [learners=K] [OPTION...]   nodes 1..N at index 2, term 1; the last K are learners
//   add N                                node N, which knows nothing
//   campaign N | tick N [TIMES] | forget N
//   propose N TEXT... | change N [implicit|explicit] vA lB rC... | change1 N vA | leave N
//   read N CONTEXT | transfer N TO
//   ready N                              takes a Ready
//   appended N [COUNT] | apply N         reports the oldest appends, everything handed out
//   deliver N [from=M] [type=NAME]       what is on its way to N, in order
//   drop N [from=M] [type=NAME]
//   stabilize [N...] [quiet]             all of the above until nothing is left to do
//   snapshot N TO | report N TO ok|failed | unreachable N TO | compact N INDEX
//   restart N                            what is not reported appended is lost
//   status N | log N
//
// Options of cluster: election=, size=, inflight=, uncommitted=, applying=, check_quorum,
// pre_vote, lease, no_forward, step_down.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "parts/etcd/raft/node.h"

namespace argosy::etcd::raft {

class Scenario {
 public:
  // What the command printed, a line each.
  std::string run(const std::string& command);

 private:
  struct Words {
    std::vector<std::string> list;
    // The n-th word as a number, or if there is none the default.
    uint64_t number(size_t n, uint64_t otherwise = 0) const;
    const std::string& at(size_t n) const { return list.at(n); }
    size_t size() const { return list.size(); }
    // The value of key=value; a bare word has itself as its value.
    std::optional<std::string> option(const std::string& key) const;
    uint64_t option_number(const std::string& key, uint64_t otherwise) const;
  };
  struct Member {
    std::unique_ptr<Node> node;
    Config config;
    RestoredState disk;
    std::deque<Ready> appends;
    std::deque<Entry> to_apply;
  };
  using Handler = void (Scenario::*)(const Words&);
  static const std::map<std::string, Handler>& handlers();

  void cluster(const Words& words);
  void add(const Words& words);
  void campaign(const Words& words);
  void tick(const Words& words);
  void forget(const Words& words);
  void propose(const Words& words);
  void change(const Words& words);
  void change1(const Words& words);
  void leave(const Words& words);
  void read(const Words& words);
  void transfer(const Words& words);
  void ready(const Words& words);
  void appended(const Words& words);
  void apply(const Words& words);
  void deliver(const Words& words);
  void drop(const Words& words);
  void stabilize(const Words& words);
  void snapshot(const Words& words);
  void report(const Words& words);
  void unreachable(const Words& words);
  void compact(const Words& words);
  void restart(const Words& words);
  void status(const Words& words);
  void log(const Words& words);

  Member& member(const Words& words) { return members_.at(words.number(1)); }
  void start(uint64_t id, Member& member);
  void take_ready(uint64_t id);
  void finish_append(uint64_t id);
  void store(Member& member, const Ready& ready);
  void apply_all(uint64_t id);
  void apply_change(uint64_t id, const Entry& entry);
  // Messages on their way to this member, removed.
  std::vector<Message> take_messages(uint64_t to, const Words& words);
  bool work_on(uint64_t id);
  void say(const std::string& line);
  void say_result(const Result<LogIndex>& result);

  std::map<uint64_t, Member> members_;
  std::deque<Message> network_;
  std::string out_;
};

}  // namespace argosy::etcd::raft
