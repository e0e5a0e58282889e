#include "parts/etcd/backend/backend.h"

#include "base/check.h"
#include "parts/etcd/backend/batch.h"
#include "parts/etcd/backend/jobs.h"
#include "parts/etcd/backend/layers.h"
#include "parts/etcd/backend/worker.h"

namespace argosy::etcd::backend {

// What a job leaves for the owner to take over.
struct Outcome {
  Result<void> result;
  bool is_fatal = false;
  std::optional<Committed> committed;
  bolt::Stats stats;
  std::unique_ptr<bolt::Db> db;  // the file that a defragmentation made
};

class Backend::Impl {
 public:
  Impl(Disk& disk, const Clock& clock, const std::string& path, const Options& options)
      : disk_(disk), clock_(clock), path_(path), options_(options) {}

  Result<void> open();
  Result<void> replace_with(const std::string& from);

  Batch& for_write();
  std::optional<BytesView> get(Bucket bucket, BytesView key);
  void scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit);

  bool wants_commit(MonotonicTime now) const;
  std::optional<MonotonicTime> commit_due() const;
  void seal_and_commit(Done done);
  void defragment(Done done);
  Result<void> finish();
  Result<void> wait_and_finish();

  bool is_busy() const { return is_busy_; }
  bool is_full() const { return open_.operations() >= options_.batch_limit; }
  const Batch& open_batch() const { return open_; }
  const std::optional<Error>& failure() const { return failure_; }
  const Committed& committed() const { return *committed_; }
  const bolt::Stats& stats() const { return stats_; }
  const std::string& path() const { return path_; }

 private:
  bolt::Options db_options() const {
    return {.initial_map_size = options_.initial_map_size, .lock_timeout = options_.lock_timeout};
  }
  Layers layers() const { return {open_, sealed_, *committed_}; }
  void note_failure(const Error& error) {
    if (!failure_) failure_ = error;
  }
  void start(std::function<Outcome()> work, Done done);

  Disk& disk_;
  const Clock& clock_;
  const std::string path_;
  const Options options_;

  // The owner's; while a job is in flight the worker reads sealed_ and uses db_.
  std::unique_ptr<bolt::Db> db_;
  std::optional<Committed> committed_;
  bolt::Stats stats_;
  Batch open_;
  Batch sealed_;
  std::optional<MonotonicTime> open_since_;
  bool is_busy_ = false;
  std::optional<Error> failure_;
  // The worker's until it is finished.
  std::optional<Outcome> outcome_;

  Worker worker_;  // last, so that it ends before what it uses
};

Result<void> Backend::Impl::open() {
  // What a defragmentation left that a crash ended.
  TRY(remove_all(disk_, defragment_path(path_)));
  db_ = TRY(bolt::Db::open(disk_, path_, db_options()));
  committed_ = TRY(Committed::of(db_->begin_read()));
  stats_ = db_->stats();
  return {};
}

Batch& Backend::Impl::for_write() {
  if (!open_since_) open_since_ = clock_.now();
  open_.count_operation();
  return open_;
}

std::optional<BytesView> Backend::Impl::get(Bucket bucket, BytesView key) {
  const auto found = layers().get(bucket, key);
  if (found) return *found;
  note_failure(found.error());
  return std::nullopt;
}

void Backend::Impl::scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) {
  const auto done = layers().scan(bucket, from, to, visit);
  if (!done) note_failure(done.error());
}

std::optional<MonotonicTime> Backend::Impl::commit_due() const {
  if (!open_since_) return std::nullopt;
  return *open_since_ + options_.batch_interval;
}

bool Backend::Impl::wants_commit(MonotonicTime now) const {
  if (is_busy_ || failure_ || !open_since_) return false;
  return is_full() || now >= *commit_due();
}

void Backend::Impl::start(std::function<Outcome()> work, Done done) {
  check(!is_busy_, "one job at a time");
  is_busy_ = true;
  worker_.start([this, work = std::move(work)] { outcome_ = work(); }, std::move(done));
}

void Backend::Impl::seal_and_commit(Done done) {
  check(!is_busy_, "one job at a time");
  if (failure_) {
    return start([error = *failure_] { return Outcome{.result = fail(error), .is_fatal = true}; },
                 std::move(done));
  }
  sealed_ = std::exchange(open_, {});
  open_since_.reset();
  start(
      [this] {
        Outcome out{.result = write_batch(*db_, sealed_), .is_fatal = true};
        if (!out.result) return out;
        auto committed = Committed::of(db_->begin_read());
        if (!committed) {
          out.result = fail(std::move(committed).error());
          return out;
        }
        out.committed = std::move(*committed);
        out.stats = db_->stats();
        return out;
      },
      std::move(done));
}

void Backend::Impl::defragment(Done done) {
  start(
      [this] {
        auto made = backend::defragment(disk_, *db_, db_options());
        Outcome out{.result = std::move(made.result), .is_fatal = made.is_replaced};
        if (!out.result) return out;
        auto committed = Committed::of(made.db->begin_read());
        if (!committed) {
          out.result = fail(std::move(committed).error());
          return out;
        }
        out.committed = std::move(*committed);
        out.stats = made.db->stats();
        out.db = std::move(made.db);
        return out;
      },
      std::move(done));
}

Result<void> Backend::Impl::finish() {
  if (!is_busy_ || !worker_.is_finished()) return {};
  is_busy_ = false;
  Outcome outcome = std::move(*outcome_);
  outcome_.reset();
  if (!outcome.result) {
    // The sealed batch stays, so that reads go on seeing what was written.
    if (outcome.is_fatal) note_failure(outcome.result.error());
    return outcome.result;
  }
  committed_ = std::move(outcome.committed);
  stats_ = outcome.stats;
  sealed_ = {};
  if (outcome.db) db_ = std::move(outcome.db);
  return {};
}

Result<void> Backend::Impl::wait_and_finish() {
  worker_.wait();
  return finish();
}

Result<void> Backend::Impl::replace_with(const std::string& from) {
  TRY(wait_and_finish());
  if (failure_) return fail(*failure_);
  // Refuses a damaged file while the old one is still in its place.
  {
    const auto received = TRY(bolt::Db::open(disk_, from, db_options()));
    TRY(received->sync());
  }
  const auto replaced = [&]() -> Result<void> {
    TRY(disk_.rename(from, path_));
    TRY(disk_.sync_directory(parent_path(path_)));
    return open();
  }();
  if (!replaced) {
    note_failure(replaced.error());
    return replaced;
  }
  open_ = {};
  sealed_ = {};
  open_since_.reset();
  return {};
}

Backend::Backend(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Backend::~Backend() = default;

Result<std::unique_ptr<Backend>> Backend::open(Disk& disk, const Clock& clock,
                                               const std::string& path, const Options& options) {
  auto impl = std::make_unique<Impl>(disk, clock, path, options);
  TRY(impl->open());
  return std::unique_ptr<Backend>(new Backend(std::move(impl)));
}

void Backend::put(Bucket bucket, Bytes key, Bytes value) {
  impl_->for_write().of(bucket).put(std::move(key), std::move(value));
}
void Backend::erase(Bucket bucket, BytesView key) {
  impl_->for_write().of(bucket).erase(key);
}
std::optional<BytesView> Backend::get(Bucket bucket, BytesView key) {
  return impl_->get(bucket, key);
}
void Backend::scan(Bucket bucket, BytesView from, BytesView to, const Visitor& visit) {
  impl_->scan(bucket, from, to, visit);
}

bool Backend::wants_commit(MonotonicTime now) const {
  return impl_->wants_commit(now);
}
std::optional<MonotonicTime> Backend::commit_due() const {
  return impl_->commit_due();
}
void Backend::seal_and_commit(Done done) {
  impl_->seal_and_commit(std::move(done));
}
Result<void> Backend::finish_commit() {
  return impl_->finish();
}

Result<void> Backend::commit_now() {
  TRY(impl_->wait_and_finish());
  if (impl_->failure()) return fail(*impl_->failure());
  if (impl_->open_batch().operations() == 0) return {};
  impl_->seal_and_commit({});
  return impl_->wait_and_finish();
}

bool Backend::is_busy() const {
  return impl_->is_busy();
}
bool Backend::is_saturated() const {
  return impl_->is_busy() && impl_->is_full();
}
size_t Backend::pending_operations() const {
  return impl_->open_batch().operations();
}
const std::optional<Error>& Backend::failure() const {
  return impl_->failure();
}

bolt::ReadTx Backend::committed() const {
  return impl_->committed().tx();
}
void Backend::defragment(Done done) {
  impl_->defragment(std::move(done));
}

Result<void> Backend::defragment_now() {
  TRY(impl_->wait_and_finish());
  impl_->defragment({});
  return impl_->wait_and_finish();
}

Result<void> Backend::replace_with(const std::string& from) {
  return impl_->replace_with(from);
}

uint64_t Backend::size() const {
  return impl_->stats().size;
}
uint64_t Backend::size_in_use() const {
  return impl_->stats().size_in_use;
}
const std::string& Backend::path() const {
  return impl_->path();
}

}  // namespace argosy::etcd::backend
