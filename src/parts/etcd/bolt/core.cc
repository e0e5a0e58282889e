#include "parts/etcd/bolt/core.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"

namespace argosy::etcd::bolt {
namespace {

constexpr uint64_t kSmallestMap = 32ULL << 10;
constexpr uint64_t kLargestDoubling = 1ULL << 30;

// Doubles up to a gibibyte, then grows by it: few remappings, little wasted space.
uint64_t map_size_for(uint64_t size) {
  uint64_t mapped = kSmallestMap;
  while (mapped < size && mapped < kLargestDoubling) mapped *= 2;
  if (mapped >= size) return mapped;
  return (size + kLargestDoubling - 1) / kLargestDoubling * kLargestDoubling;
}

}  // namespace

Core::Core(std::unique_ptr<File> opened, const Options& given)
    : file(std::move(opened)), options(given) {}

Result<std::shared_ptr<const Mapping>> Core::map_at_least(uint64_t size) {
  return std::shared_ptr<const Mapping>(
      TRY(file->map(map_size_for(std::max(size, options.initial_map_size)))));
}

Result<void> Core::start(const Meta& meta) {
  file_size = TRY(file->size());
  const uint64_t needed = meta.high_water * meta.page_size;
  auto mapping = TRY(map_at_least(needed));
  const std::lock_guard lock(mutex_);
  committed_ = {meta, std::move(mapping)};
  stats_ = {.size = needed, .size_in_use = needed};
  return {};
}

void Core::set_free(const std::vector<PageSpan>& spans) {
  for (const PageSpan& span : spans) free_list.add(span);
  const std::lock_guard lock(mutex_);
  count_pages();
}

Committed Core::committed() const {
  const std::lock_guard lock(mutex_);
  return committed_;
}

Committed Core::begin_read() {
  const std::lock_guard lock(mutex_);
  ++readers_[committed_.meta.tx];
  return committed_;
}

void Core::end_read(TxId tx) {
  const std::lock_guard lock(mutex_);
  const auto it = readers_.find(tx);
  check(it != readers_.end());
  if (--it->second == 0) readers_.erase(it);
}

Stats Core::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

// A snapshot of transaction T sees none of the pages that T or an earlier one freed.
Result<Committed> Core::begin_write() {
  const std::lock_guard lock(mutex_);
  if (options.read_only) return fail(Code::kFailedPrecondition, "database is in read-only mode");
  if (failure_) return fail(Error(*failure_).context("after a failed commit"));
  if (has_writer_) return fail(Code::kFailedPrecondition, "a write transaction is open");
  has_writer_ = true;
  free_list.release(readers_.empty() ? committed_.meta.tx : readers_.begin()->first);
  count_pages();
  return committed_;
}

void Core::end_write() {
  const std::lock_guard lock(mutex_);
  has_writer_ = false;
}

void Core::poison(Error error) {
  const std::lock_guard lock(mutex_);
  if (!failure_) failure_ = std::move(error);
}

Result<void> Core::publish(const Meta& meta, std::vector<PageSpan> freed) {
  const uint64_t needed = meta.high_water * meta.page_size;
  auto mapping = committed().mapping;
  if (mapping->size() < needed) mapping = TRY(map_at_least(needed));
  free_list.add_pending(meta.tx, std::move(freed));
  const std::lock_guard lock(mutex_);
  committed_ = {meta, std::move(mapping)};
  count_pages();
  return {};
}

void Core::count_pages() {
  const Meta& meta = committed_.meta;
  stats_.free_pages = free_list.free_pages();
  stats_.pending_pages = free_list.pending_pages();
  stats_.size = meta.high_water * meta.page_size;
  stats_.size_in_use = (meta.high_water - stats_.free_pages) * meta.page_size;
}

Snapshot::Snapshot(std::shared_ptr<Core> core)
    : core_(std::move(core)),
      committed_(core_->begin_read()),
      pages_(core_->file->path(), *committed_.mapping, core_->checked, committed_.meta) {}

Snapshot::~Snapshot() {
  core_->end_read(committed_.meta.tx);
}

}  // namespace argosy::etcd::bolt
