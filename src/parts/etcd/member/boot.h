// From a data directory to everything that a member starts with. Blocking; on any
// thread, before the member runs.
#pragma once

#include <optional>

#include "parts/etcd/backend/backend.h"
#include "parts/etcd/member/options.h"
#include "parts/etcd/membership/cluster.h"
#include "parts/etcd/raft/node.h"
#include "parts/etcd/wal/wal.h"

namespace argosy::etcd::member {

struct Paths {
  std::string member_dir;
  std::string wal_dir;
  std::string snap_dir;
  std::string db;
};
Paths paths_of(const Options& options);

// Whom a new data directory belongs to: from the flags for a new cluster, from the
// other members for one that exists.
struct Identity {
  uint64_t member_id = 0;
  uint64_t cluster_id = 0;
  membership::Members members;
};
Result<Identity> identity_of_new_cluster(const Options& options);
// `remote` is what a member of the existing cluster says of it.
Result<Identity> identity_in_existing_cluster(const Options& options, uint64_t cluster_id,
                                              const membership::Members& remote);

struct Booted {
  uint64_t member_id = 0;
  uint64_t cluster_id = 0;
  std::unique_ptr<wal::Wal> log;
  std::unique_ptr<backend::Backend> backend;
  membership::Cluster cluster{0};
  raft::RestoredState raft;
  std::vector<raft::Peer> bootstrap;  // of a new cluster
  membership::Members first_members;  // to reach them before the log says who they are
  raft::LogIndex snapshot_index;
};

bool has_log(Disk& disk, const Options& options);
// Of a directory without a log, with the identity found above.
Result<Booted> boot_new(Disk& disk, const Clock& clock, const Options& options,
                        const Identity& identity);
// Of one with a log. Fails rather than serve less than was acknowledged.
Result<Booted> boot_again(Disk& disk, const Clock& clock, const Options& options);

}  // namespace argosy::etcd::member
