// Raft snapshots: taken now and then so that the log can be cut, sent to members that
// are too far behind, and installed when we are.
#include "base/bytes.h"
#include "base/format.h"
#include "parts/etcd/apply/stored_state.h"
#include "parts/etcd/member/member.h"
#include "parts/etcd/snap/snap.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {

void Member::maybe_snapshot() {
  if (is_snapshotting_ || is_installing_) return;
  if (applied_ - snapshot_index_ <= options_.snapshot_count) return;
  is_snapshotting_ = true;
  scope_.spawn(take_snapshot());
}

Task<void> Member::run_on_log(std::move_only_function<Result<void>(wal::Wal&)> work) {
  DetachedEventual<void> done(parts_.loop);
  log_->run(std::move(work),
            [setter = done.setter()](Result<void> outcome) { setter.set(std::move(outcome)); });
  co_await co_await done.wait();
}

// The order matters: the database must hold all up to the snapshot before the log may
// forget it, and the .snap file must be there before the log names it.
Task<void> Member::take_snapshot() {
  raft::Snapshot snapshot;
  snapshot.metadata.index = applied_;
  snapshot.metadata.term = *node_.term_at(applied_);
  snapshot.metadata.conf_state = node_.conf_state();
  snapshot.data = SharedBytes(cluster_.to_v2_json());
  co_await commit_backend();
  const raft::SnapshotMetadata metadata = snapshot.metadata;
  const auto saved = co_await result(
      run_on_log([this, snapshot = std::move(snapshot)](wal::Wal& log) -> Result<void> {
        TRY(snap::save(parts_.disk, paths_.snap_dir, snapshot));
        TRY(log.save_snapshot({snapshot.metadata.index, snapshot.metadata.term}));
        return log.release_lock_to(snapshot.metadata.index);
      }));
  if (!saved) fatal(saved.error());
  log_info("saved snapshot", {{"snapshot-index", metadata.index.value()}});
  snapshot_index_ = std::max(snapshot_index_, metadata.index);  // one may have been installed
  const uint64_t keep = options_.snapshot_catchup_entries;
  const uint64_t index = metadata.index.value();
  if (index > keep + 1 && raft::LogIndex(index - keep) >= node_.first_index()) {
    node_.compact(raft::LogIndex(index - keep));
  }
  is_snapshotting_ = false;
}

// The database is that of the last finished commit, which held what was applied when it
// was sealed; members and configuration must be of the same moment.
Task<void> Member::send_snapshot(raft::NodeId to) {
  do {
    co_await commit_backend();
  } while (!node_.term_at(committed_index_) || committed_epoch_ != membership_epoch_);
  raft::Snapshot snapshot;
  snapshot.metadata.index = committed_index_;
  snapshot.metadata.term = *node_.term_at(committed_index_);
  snapshot.metadata.conf_state = node_.conf_state();
  snapshot.data = SharedBytes(cluster_.to_v2_json());
  backend::DbSnapshot database = backend_->open_snapshot();
  auto message = node_.snapshot_message(to, std::move(snapshot));
  if (!message) co_return;
  log_info("sending database snapshot", {{"to", to_hex(to.value())},
                                         {"snapshot-index", committed_index_.value()},
                                         {"bytes", database.size()}});
  transport_->send_snapshot(*std::move(message), std::move(database));
}

Task<void> Member::receive_database(Exchange& exchange, raft::LogIndex index, Bytes first) {
  struct Incoming {
    std::optional<snap::IncomingDatabase> database;
    Bytes piece;
  };
  auto incoming = std::make_shared<Incoming>();
  incoming->database.emplace(co_await snap::IncomingDatabase::begin(parts_.disk, paths_.snap_dir,
                                                                    format("{}", ++receiving_)));
  incoming->piece = std::move(first);
  bool is_whole = false;
  while (!is_whole) {
    while (incoming->piece.size() < size_t{1} << 20) {
      std::optional<Bytes> more = co_await exchange.read();
      is_whole = !more.has_value();
      if (is_whole) break;
      incoming->piece += *more;
    }
    co_await on_worker<void>(parts_.loop, [incoming]() -> Result<void> {
      TRY(incoming->database->append(incoming->piece));
      incoming->piece.clear();
      return {};
    });
  }
  const uint64_t size = incoming->database->size();
  co_await on_worker<void>(parts_.loop, [incoming, index]() -> Result<void> {
    return std::move(*incoming->database).commit(index);
  });
  log_info("received and saved database snapshot",
           {{"snapshot-index", index.value()}, {"size-bytes", size}});
}

Task<void> Member::install_snapshot(raft::Snapshot snapshot) {
  const raft::LogIndex index = snapshot.metadata.index;
  log_info("applying snapshot", {{"incoming-leader-snapshot-index", index.value()}});
  while (backend_->is_busy()) co_await committed_.wait();
  const auto path = snap::find_database(parts_.disk, paths_.snap_dir, index);
  if (!path) fatal(path.error());
  if (const auto replaced = backend_->replace_with(*path); !replaced) fatal(replaced.error());
  if (const auto loaded = cluster_.load_v2_json(snapshot.data.view()); !loaded) {
    fatal(loaded.error());
  }
  if (const auto sound = apply::check_stored_state(*backend_); !sound) fatal(sound.error());
  state_->restore();
  if (const auto& damage = state_->store().damage()) fatal(*damage);
  ++membership_epoch_;
  for (const raft::NodeId peer : transport_->peer_ids()) {
    if (cluster_.find(peer.value()) == nullptr) transport_->remove_peer(peer);
  }
  for (const auto& [member_id, member] : cluster_.members()) {
    transport_->add_peer(raft::NodeId(member_id), member.peer_urls);
    transport_->update_peer(raft::NodeId(member_id), member.peer_urls);
  }
  to_apply_.clear();
  applied_ = index;
  snapshot_index_ = index;
  after_append_.front().snapshot.reset();
  is_replacing_ = false;
  is_installing_ = std::any_of(after_append_.begin(), after_append_.end(),
                               [](const AfterAppend& after) { return after.snapshot.has_value(); });
  log_info("applied snapshot", {{"incoming-leader-snapshot-index", index.value()}});
  report_appended();
  gate_.on_applied(applied_);
  applied_something_.notify_all();
  // Our publication may have come inside the snapshot.
  const membership::Member* self = cluster_.find(booted_id_);
  if (self != nullptr && self->name == options_.name &&
      self->client_urls == options_.advertised_client_urls) {
    on_published();
  }
  const auto released = co_await result(run_on_log([this, index](wal::Wal& log) -> Result<void> {
    TRY(log.release_lock_to(index));
    TRY(snap::release_databases(parts_.disk, paths_.snap_dir, index + 1));
    return {};
  }));
  if (!released) log_warn("cannot release old files", {{"error", released.error()}});
}

}  // namespace argosy::etcd::member
