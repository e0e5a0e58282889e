// Linearizable reads (Raft thesis 6.4): one request to raft for all reads that came
// while the one before was under way, as the original batches them.
#pragma once

#include <memory>

#include "io/task/wait.h"
#include "parts/etcd/raft/node.h"

namespace argosy::etcd::member {

class ReadGate {
 public:
  struct Source {
    // Asks raft; the answer comes to on_read_state().
    std::function<void(Bytes context)> ask;
    std::function<uint64_t()> next_id;
    std::function<raft::LogIndex()> applied;
  };
  ReadGate(Loop& loop, Source source, Duration timeout);

  // Returns when a read of the applied state is linearizable. Unavailable: leader
  // changed, or no answer within the timeout.
  Task<void> pass();

  void on_read_state(const raft::ReadState& state);
  void on_applied(raft::LogIndex applied);
  void on_leader_changed();

 private:
  struct Batch {
    explicit Batch(Loop& loop) : done(loop) {}
    Wakeup done;
    std::optional<Result<void>> outcome;
  };
  class Start final : public Runnable {
   public:
    explicit Start(ReadGate& gate) : gate_(gate) {}
    void run() override { gate_.start(); }

   private:
    ReadGate& gate_;
  };
  void start();
  void ask();
  void finish(Result<void> outcome);

  Loop& loop_;
  Source source_;
  Duration timeout_;
  std::shared_ptr<Batch> gathering_;
  std::shared_ptr<Batch> asked_;
  Bytes context_;
  std::optional<raft::LogIndex> read_index_;
  MonotonicTime asked_at_{};
  Timer retry_;
  Start start_{*this};
};

}  // namespace argosy::etcd::member
