// What a proposal costs in raft: three members in one process, messages handed over at once,
// so that the time is that of all three.
#include <benchmark/benchmark.h>

#include "parts/etcd/raft/node.h"

namespace argosy::etcd::raft {
namespace {

class Trio {
 public:
  Trio() {
    RestoredState state;
    for (uint64_t id = 1; id <= 3; ++id) state.conf_state.voters.push_back(NodeId(id));
    for (uint64_t id = 1; id <= 3; ++id) {
      nodes_.push_back(*Node::create({.id = NodeId(id), .seed = id}, state));
    }
    nodes_[0].campaign();
    settle();
  }

  Node& leader() { return nodes_[0]; }

  void settle() {
    for (bool is_busy = true; is_busy;) {
      is_busy = false;
      for (Node& node : nodes_) {
        if (!node.has_ready()) continue;
        is_busy = true;
        act(node);
      }
    }
  }

 private:
  void act(Node& node) {
    Ready ready = node.take_ready();
    if (ready.has_append()) node.appended(ready.append);
    for (Message& message : ready.messages) hand_over(std::move(message));
    for (Message& message : ready.messages_after_append) hand_over(std::move(message));
    if (ready.committed_entries.empty()) return;
    const LogIndex last = ready.committed_entries.back().index;
    node.applied(last);
    if (last.value() % 5000 < ready.committed_entries.size()) node.compact(last);
  }
  void hand_over(Message message) { (void)nodes_[message.to.value() - 1].step(std::move(message)); }

  std::vector<Node> nodes_;
};

// As many proposals as there are clients share one round, as they do in a member under load.
void proposals(benchmark::State& state) {
  Trio trio;
  const SharedBytes data(Bytes(256, 'x'));
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) (void)trio.leader().propose(data);
    trio.settle();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(proposals)->Arg(1)->Arg(16)->Arg(256);

void reads(benchmark::State& state) {
  Trio trio;
  uint64_t number = 0;
  for (auto _ : state) {
    for (int64_t i = 0; i < state.range(0); ++i) {
      Bytes context(8, '\0');
      store_le64(context.data(), ++number);
      (void)trio.leader().read_index(std::move(context));
    }
    trio.settle();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(reads)->Arg(1)->Arg(256);

}  // namespace
}  // namespace argosy::etcd::raft
