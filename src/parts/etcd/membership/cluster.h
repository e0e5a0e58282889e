// The members of a cluster as the log has made them, kept in the buckets members,
// members_removed and cluster, and for 3.4 in a raft snapshot as the JSON of a v2
// store. One thread, the one that applies.
#pragma once

#include <set>

#include "parts/etcd/membership/member.h"
#include "parts/etcd/raft/types.h"
#include "parts/etcd/storage/storage.h"

namespace argosy::etcd::membership {

inline constexpr size_t kMaxLearners = 1;

class Cluster {
 public:
  explicit Cluster(uint64_t cluster_id) : id_(cluster_id) {}

  uint64_t id() const { return id_; }
  const Members& members() const { return members_; }
  const Member* find(uint64_t id) const;
  bool is_removed(uint64_t id) const { return removed_.contains(id); }
  // "3.4.0", or empty while it is not decided.
  const std::string& version() const { return version_; }
  size_t voter_count() const;

  // What is wrong with a change, judged by the members as they are when it is applied.
  Result<void> validate(const raft::ConfChange& change, const ConfChangeContext& context) const;
  // A change that validate() let through.
  void apply(const raft::ConfChange& change, const ConfChangeContext& context, Storage& storage);
  // Unknown members are ignored.
  void set_attributes(uint64_t id, std::string name, std::vector<std::string> client_urls,
                      Storage& storage);
  void set_version(std::string version, Storage& storage);

  // strict-reconfig-check: whether a quorum of started members remains.
  bool is_ready_to_add_voter() const;
  bool is_ready_to_remove(uint64_t id) const;
  bool is_ready_to_promote(uint64_t id) const;

  // -- As the JSON of a v2 store (docs/formats/v2-snapshot.md).
  Bytes to_v2_json() const;
  // Replaces everything. FailedPrecondition when the store holds keys of the v2 API,
  // which would be lost.
  Result<void> load_v2_json(BytesView json);
  // Writes all to the buckets, in place of what they hold.
  void save(Storage& storage) const;

 private:
  void put(const Member& member, Storage& storage) const;
  size_t started_voters() const;

  uint64_t id_;
  Members members_;
  std::set<uint64_t> removed_;
  std::string version_;
};

// A cluster's members in the buckets; of a database without a raft snapshot.
Members stored_members(Storage& storage);

}  // namespace argosy::etcd::membership
