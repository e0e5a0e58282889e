// The replicated state: a hash of everything applied, in order, and the configuration.
#pragma once

#include "base/result.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::raftsim {

struct Machine {
  raft::LogIndex index;
  raft::Term term;
  uint64_t digest = 0;
  raft::ConfState conf_state;

  // Entries come in order; conf_state is the caller's to keep.
  void apply(const raft::Entry& entry);
  raft::Snapshot snapshot() const;
  static Machine restore(const raft::Snapshot& snapshot);
};

// Of an entry's type, data, index and term.
uint64_t digest_of(const raft::Entry& entry);

}  // namespace argosy::etcd::raftsim
