// Clients that write, read, compare, delete, lease and count, until they are told to stop.
//
// Keys: r<group>.<epoch>/a, /b and /l (with leases) belong to one group; c<n>/count are
// counters; ~fill/<n> are large, and nobody checks them but the hashes at the end. Groups
// change with time, so that each has a history that can be judged.
#pragma once

#include "tests/scenario/faults/perform.h"

namespace argosy::faults {

inline constexpr const char* kFirstKey = "c";
inline constexpr const char* kPastLastKey = "s";

struct WorkloadOptions {
  uint64_t seed = 1;
  size_t clients = 12;
  size_t fillers = 1;
  size_t fill_bytes = 16 * 1024;
};

class Workload {
 public:
  Workload(Loop& loop, std::vector<std::unique_ptr<Client>>& members, WorkloadOptions options,
           Record& record);

  // More entries than a leader keeps behind a snapshot, so that whoever begins anew needs
  // the snapshot.
  Task<void> prefill(size_t entries);
  void start();
  // Resumes when all have ended what they were doing.
  Task<void> stop();

  // Reads in the past ask for nothing at or below it.
  void compacted(int64_t revision) { compacted_ = std::max(compacted_, revision); }
  int64_t newest_revision() const { return newest_; }

  static Bytes group_of(BytesView key);

 private:
  struct Self;  // one client: its number and what it remembers
  Task<void> run(size_t number);
  Task<void> run_filler(size_t number);
  Task<void> prefill_some(size_t first, size_t count);
  Task<void> step(Self& self);
  Task<void> count(Self& self);
  Task<void> swap(Self& self);
  Task<void> write_both(Self& self);
  Task<void> lease(Self& self);
  Task<void> keep_alive(Client& client, int64_t id);
  Task<void> read_past(Self& self);
  Bytes any_group();
  Bytes new_value(const Self& self);
  Client& any_member(Self& self);
  void learn(Self& self, const std::optional<linearizability::Operation>& done);

  Loop& loop_;
  std::vector<std::unique_ptr<Client>>& members_;
  WorkloadOptions options_;
  Record& record_;
  SeededRandom random_;
  MonotonicTime began_;
  bool stopping_ = false;
  int64_t newest_ = 0;
  int64_t compacted_ = 0;
  uint64_t values_ = 0;
  Scope scope_;
};

}  // namespace argosy::faults
