#include "parts/etcd/bolt/db.h"

#include <thread>

#include "base/check.h"
#include "base/format.h"
#include "parts/etcd/bolt/core.h"
#include "parts/etcd/bolt/walk.h"
#include "parts/etcd/bolt/writer.h"

namespace argosy::etcd::bolt {
namespace {

constexpr Duration kLockPoll = milliseconds(50);

Result<void> lock(File& file, Duration timeout) {
  for (Duration waited{0}; !TRY(file.try_lock()); waited += kLockPoll) {
    if (waited >= timeout) {
      return fail(Error(Code::kDeadlineExceeded, "timeout").context("locking " + file.path()));
    }
    std::this_thread::sleep_for(kLockPoll);
  }
  return {};
}

// Two metas, an empty free list, and the empty leaf that is the root.
Bytes empty_file(uint32_t page_size) {
  constexpr PageId kFreeList = 2;
  constexpr PageId kRoot = 3;
  Bytes file(size_t{4} * page_size, '\0');
  Meta meta{.page_size = page_size, .root = {.root = kRoot}, .free_list = kFreeList};
  meta.high_water = kRoot + 1;
  for (PageId id = 0; id < kFirstDataPage; ++id) {
    meta.tx = id;
    encode_meta_page(meta, id, file.data() + id * page_size);
  }
  store_page_header(file.data() + kFreeList * page_size, kFreeList, kFreeListPage, 0, 0);
  store_page_header(file.data() + kRoot * page_size, kRoot, kLeafPage, 0, 0);
  return file;
}

Result<std::unique_ptr<File>> open_file(Disk& disk, const std::string& path,
                                        const Options& options) {
  const OpenOptions how{.write = !options.read_only};
  auto opened = disk.open(path, how);
  if (!opened && opened.error().code() == Code::kNotFound && !options.read_only) {
    TRY(replace_file(disk, path, empty_file(options.page_size)));
    opened = disk.open(path, how);
  }
  auto file = TRY(std::move(opened));
  TRY(lock(*file, options.lock_timeout));
  if (!options.read_only && TRY(file->size()) == 0) {
    TRY(file->write_at(0, empty_file(options.page_size)));
    TRY(file->sync());
  }
  return file;
}

bool is_page_size(uint64_t size) {
  return size >= kMinPageSize && size <= kMaxPageSize && (size & (size - 1)) == 0;
}

Result<Meta> read_meta_at(File& file, uint64_t offset) {
  char raw[kPageHeaderSize + kMetaSize];
  if (TRY(file.read_at(offset, raw, sizeof raw)) < sizeof raw) {
    return fail(Code::kDataLoss, "invalid database");
  }
  const Meta meta = TRY(decode_meta(raw + kPageHeaderSize));
  const bool is_second = offset != 0;
  if (!is_page_size(meta.page_size) || (is_second && meta.page_size != offset)) {
    return fail(Code::kDataLoss, "invalid database");
  }
  return meta;
}

// The newer of the valid ones. Where the second lies depends on the page size, which a
// first that is damaged doesn't tell.
Result<Meta> newest_meta(File& file) {
  const auto first = read_meta_at(file, 0);
  if (!first && first.error().code() != Code::kDataLoss) return fail(first.error());
  std::optional<Meta> newest;
  if (first) newest = *first;
  const uint64_t low = first ? first->page_size : kMinPageSize;
  const uint64_t high = first ? first->page_size : kMaxPageSize;
  for (uint64_t offset = low; offset <= high; offset *= 2) {
    const auto second = read_meta_at(file, offset);
    if (second && (!newest || second->tx > newest->tx)) newest = *second;
  }
  if (!newest) return fail(first.error());
  return *newest;
}

Result<void> check_meta(const Meta& meta, uint64_t file_size) {
  if (meta.high_water <= kFirstDataPage || meta.high_water > kMaxPages) {
    return fail(Code::kDataLoss, format("meta: high-water mark {}", meta.high_water));
  }
  if (meta.root.root < kFirstDataPage || meta.root.root >= meta.high_water) {
    return fail(Code::kDataLoss, format("meta: root page {} out of range", meta.root.root));
  }
  if (file_size < meta.high_water * meta.page_size) {
    return fail(Code::kDataLoss, format("file size too small: {} bytes for {} pages of {}",
                                        file_size, meta.high_water, meta.page_size));
  }
  return {};
}

PageSource pages_of(Core& core, const Committed& state) {
  return PageSource(core.file->path(), *state.mapping, core.checked, state.meta);
}

}  // namespace

Db::Db(std::shared_ptr<Core> core) : core_(std::move(core)) {}
Db::~Db() = default;

Result<std::unique_ptr<Db>> Db::open(Disk& disk, const std::string& path, const Options& options) {
  check(is_page_size(options.page_size));
  auto file = TRY(open_file(disk, path, options));
  const Meta meta = TRY_CONTEXT(newest_meta(*file), path);
  const uint64_t file_size = TRY(file->size());
  TRY_CONTEXT(check_meta(meta, file_size), path);
  auto core = std::make_shared<Core>(std::move(file), options);
  TRY(core->start(meta));
  if (!options.read_only) {
    const Committed state = core->committed();
    const PageSource pages = pages_of(*core, state);
    const Reachable reachable = TRY(walk(pages, meta, Depth::kCheap));
    core->set_free(reachable.unused());
  }
  return std::unique_ptr<Db>(new Db(std::move(core)));
}

ReadTx Db::begin_read() const {
  return ReadTx(std::make_shared<const Snapshot>(core_));
}

Result<WriteTx> Db::begin_write() {
  Committed base = TRY(core_->begin_write());
  return WriteTx(std::make_unique<Writer>(core_, std::move(base)));
}

Stats Db::stats() const {
  return core_->stats();
}
const std::string& Db::path() const {
  return core_->file->path();
}
Result<void> Db::sync() {
  return core_->file->sync();
}

Result<void> Db::verify() const {
  TRY(begin_read().verify());
  if (core_->options.read_only) return {};
  const Committed state = TRY(core_->begin_write());
  const auto held = core_->free_list.all();
  core_->end_write();

  const PageSource pages = pages_of(*core_, state);
  Reachable reachable = TRY(walk(pages, state.meta, Depth::kCheap));
  for (const PageSpan& span : held) {
    for (PageId id = span.first; id < span.first + span.count; ++id) {
      if (id >= reachable.used.size()) return pages.damaged(id, "free beyond the end");
      if (reachable.used[id]) return pages.damaged(id, "reachable freed");
      reachable.used[id] = true;
    }
  }
  if (const auto lost = reachable.unused(); !lost.empty()) {
    return pages.damaged(lost[0].first, "unreachable unfreed");
  }
  return {};
}

}  // namespace argosy::etcd::bolt
