#include "parts/etcd/member/boot.h"

#include <set>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/apply/stored_state.h"
#include "parts/etcd/mvcc/consistent_index.h"
#include "parts/etcd/peer/url.h"
#include "parts/etcd/snap/snap.h"
#include "parts/etcd/wal/member_metadata.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {
namespace {

constexpr uint32_t kPrivate = 0700;

Result<void> make_directories(Disk& disk, const Paths& paths) {
  for (const std::string* directory : {&paths.member_dir, &paths.wal_dir, &paths.snap_dir}) {
    if (*directory == paths.wal_dir) continue;  // the log makes its own
    if (auto made = disk.make_directories(*directory, kPrivate); !made) {
      return fail(std::move(made).error().context("cannot access data directory"));
    }
  }
  const std::string probe = join_path(paths.member_dir, ".touch");
  auto file = disk.open(probe, {.create = true});
  if (!file) return fail(std::move(file).error().context("cannot access data directory"));
  return disk.remove(probe);
}

Result<std::unique_ptr<backend::Backend>> open_backend(Disk& disk, const Clock& clock,
                                                       const Options& options, const Paths& paths) {
  backend::Options settings;
  settings.batch_interval = options.batch_interval;
  settings.batch_limit = options.batch_limit;
  auto opened =
      TRY_CONTEXT(backend::Backend::open(disk, clock, paths.db, settings), "opening the database");
  TRY_CONTEXT(apply::check_stored_state(*opened), paths.db);
  return opened;
}

// Entries that the database has applied and the log has lost would be numbers that the
// log gives out again, to entries that would then never be applied.
Result<void> check_log_reaches(const Paths& paths, backend::Backend& db, raft::LogIndex last) {
  const uint64_t applied = mvcc::consistent_index(db);
  if (applied <= last.value()) return {};
  return fail(Code::kDataLoss,
              format("the write-ahead log in {} ends at index {}, but the database has applied "
                     "index {}: the log has lost entries",
                     paths.wal_dir, last.value(), applied));
}

// The database of the snapshot that we start from: the one in place, or one that was
// received from a leader and not yet put there.
Result<void> install_received_database(Disk& disk, const Paths& paths, backend::Backend& db,
                                       const raft::Snapshot& snapshot) {
  const raft::LogIndex index = snapshot.metadata.index;
  if (mvcc::consistent_index(db) >= index.value()) return {};
  const std::string received = TRY_CONTEXT(
      snap::find_database(disk, paths.snap_dir, index),
      format("the database is older than the raft snapshot at index {}", index.value()));
  return db.replace_with(received);
}

Result<membership::InitialCluster> parse_cluster(const Options& options) {
  const std::string what = "error setting up initial cluster";
  auto cluster = TRY_CONTEXT(membership::parse_initial_cluster(options.initial_cluster), what);
  std::set<std::string> urls;
  for (const auto& [name, own] : cluster) {
    for (const std::string& url : own) {
      TRY_CONTEXT(peer::parse_url(url), what);
      if (!urls.insert(url).second) {
        return fail(Code::kInvalidArgument,
                    format("initial cluster {} has duplicate url", options.initial_cluster));
      }
    }
  }
  const auto own = cluster.find(options.name);
  if (own == cluster.end()) {
    return fail(Code::kInvalidArgument,
                format("couldn't find local name \"{}\" in the initial cluster configuration",
                       options.name));
  }
  auto advertised = options.advertised_peer_urls;
  std::sort(advertised.begin(), advertised.end());
  if (advertised == own->second) return cluster;
  return fail(Code::kInvalidArgument,
              format("--initial-cluster has {}={} but missing from "
                     "--initial-advertise-peer-urls={} (resolved urls: \"{}\" != \"{}\")",
                     options.name, join(own->second, ","), join(advertised, ","),
                     join(advertised, ","), join(own->second, ",")));
}

}  // namespace

Paths paths_of(const Options& options) {
  Paths paths;
  paths.member_dir = join_path(options.data_dir, "member");
  paths.wal_dir = options.wal_dir.empty() ? join_path(paths.member_dir, "wal") : options.wal_dir;
  paths.snap_dir = join_path(paths.member_dir, "snap");
  paths.db = join_path(paths.snap_dir, "db");
  return paths;
}

bool has_log(Disk& disk, const Options& options) {
  return wal::wal_exists(disk, paths_of(options).wal_dir);
}

Result<Identity> identity_of_new_cluster(const Options& options) {
  const auto cluster = TRY(parse_cluster(options));
  const auto own = cluster.find(options.name);
  Identity identity;
  identity.members = TRY(membership::initial_members(cluster, options.initial_cluster_token));
  identity.member_id =
      membership::member_id(own->second, options.initial_cluster_token, std::nullopt);
  identity.cluster_id = membership::cluster_id(identity.members);
  return identity;
}

Result<Identity> identity_in_existing_cluster(const Options& options, uint64_t cluster_id,
                                              const membership::Members& remote) {
  const auto wanted = TRY(parse_cluster(options));
  if (wanted.size() != remote.size()) {
    return fail(Code::kFailedPrecondition,
                format("error validating peerURLs: member count is unequal ({} in the flags, {} "
                       "in the cluster)",
                       wanted.size(), remote.size()));
  }
  Identity identity;
  identity.cluster_id = cluster_id;
  for (const auto& [name, urls] : wanted) {
    const auto match = std::find_if(remote.begin(), remote.end(), [&](const auto& entry) {
      auto sorted = entry.second.peer_urls;
      std::sort(sorted.begin(), sorted.end());
      return sorted == urls;
    });
    if (match == remote.end()) {
      return fail(Code::kFailedPrecondition,
                  format("error validating peerURLs: unmatched member while checking PeerURLs "
                         "({}={})",
                         name, urls.front()));
    }
    if (name == options.name) identity.member_id = match->first;
  }
  identity.members = remote;
  return identity;
}

Result<Booted> boot_new(Disk& disk, const Clock& clock, const Options& options,
                        const Identity& identity) {
  const Paths paths = paths_of(options);
  TRY(make_directories(disk, paths));
  TRY(snap::remove_leftovers(disk, paths.snap_dir));
  Booted booted;
  booted.member_id = identity.member_id;
  booted.cluster_id = identity.cluster_id;
  booted.cluster = membership::Cluster(identity.cluster_id);
  booted.first_members = identity.members;
  booted.backend = TRY(open_backend(disk, clock, options, paths));
  TRY(check_log_reaches(paths, *booted.backend, raft::LogIndex(0)));
  const wal::MemberMetadata metadata{raft::NodeId(identity.member_id), identity.cluster_id};
  booted.log = TRY(wal::Wal::create(disk, paths.wal_dir, wal::encode_member_metadata(metadata)));
  if (options.is_new_cluster) {
    for (const auto& [id, member] : identity.members) {
      booted.bootstrap.push_back({raft::NodeId(id), json::to_text(membership::to_json(member))});
    }
  }
  return booted;
}

Result<Booted> boot_again(Disk& disk, const Clock& clock, const Options& options) {
  const Paths paths = paths_of(options);
  TRY(make_directories(disk, paths));
  TRY(snap::remove_leftovers(disk, paths.snap_dir));
  const auto known = TRY(wal::valid_snapshot_entries(disk, paths.wal_dir));
  raft::Snapshot snapshot;
  if (auto loaded = snap::load_newest_available(disk, paths.snap_dir, known)) {
    snapshot = std::move(loaded->snapshot);
    for (const std::string& name : loaded->broken) {
      log_warn("renamed a damaged snapshot file", {{"path", name}});
    }
  } else if (loaded.error().code() != Code::kNotFound) {
    return fail(std::move(loaded).error());
  }
  auto opened = TRY_CONTEXT(
      wal::Wal::open(disk, paths.wal_dir, {snapshot.metadata.index, snapshot.metadata.term}),
      format("opening the write-ahead log in {}", paths.wal_dir));
  if (opened.broken_copy) {
    log_warn("repaired the torn end of the write-ahead log", {{"copy", *opened.broken_copy}});
  }
  const auto metadata = TRY(wal::decode_member_metadata(opened.content.metadata));
  Booted booted;
  booted.member_id = metadata.node_id.value();
  booted.cluster_id = metadata.cluster_id;
  booted.cluster = membership::Cluster(metadata.cluster_id);
  booted.log = std::move(opened.wal);
  booted.backend = TRY(open_backend(disk, clock, options, paths));
  if (!snapshot.is_empty()) {
    TRY(install_received_database(disk, paths, *booted.backend, snapshot));
    TRY(booted.cluster.load_v2_json(snapshot.data.view()));
  } else {
    booted.first_members = membership::stored_members(*booted.backend);
  }
  const auto& entries = opened.content.entries;
  TRY(check_log_reaches(paths, *booted.backend,
                        entries.empty() ? snapshot.metadata.index : entries.back().index));
  TRY(snap::release_databases(disk, paths.snap_dir, snapshot.metadata.index + 1));
  booted.snapshot_index = snapshot.metadata.index;
  booted.raft.hard_state = opened.content.hard_state;
  booted.raft.conf_state = snapshot.metadata.conf_state;
  booted.raft.compacted_index = snapshot.metadata.index;
  booted.raft.compacted_term = snapshot.metadata.term;
  booted.raft.applied = snapshot.metadata.index;
  booted.raft.entries = std::move(opened.content.entries);
  return booted;
}

}  // namespace argosy::etcd::member
