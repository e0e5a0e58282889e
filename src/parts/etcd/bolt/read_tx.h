// A snapshot of the page file: what one committed transaction left, readable as
// long as the handle lives, whatever is committed meanwhile.
//
// A ReadTx is a cheap handle: copies share the snapshot, and it may outlive its Db.
// Any thread may use it, several at once too; a Cursor belongs to one thread. Every
// view into it (keys, values, buckets, cursors) is good while some copy lives.
// While it lives, pages that it sees are not reused, so a long one makes the file
// grow.
//
// Each page is checked the first time that it is touched. A file that is damaged
// gives DataLoss errors that name the file and the page, never undefined behaviour.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/bolt/cursor.h"

namespace argosy::etcd::bolt {

class Snapshot;

// One bucket of a snapshot.
class BucketView {
 public:
  BucketView(const PageSource& pages, Ref root, uint64_t sequence)
      : pages_(&pages), root_(root), sequence_(sequence) {}

  // Empty when the key is missing or names a nested bucket.
  Result<std::optional<BytesView>> get(BytesView key) const;
  Cursor cursor() const { return Cursor(*pages_, root_); }
  Result<std::optional<BucketView>> bucket(BytesView name) const;
  uint64_t sequence() const { return sequence_; }

 private:
  const PageSource* pages_;
  Ref root_;
  uint64_t sequence_;
};

enum class PageKind : uint8_t { kMeta, kFreeList, kBranch, kLeaf, kFree };

struct PageInfo {
  PageId id = 0;
  PageKind kind = PageKind::kFree;
  uint32_t count = 0;     // elements
  uint32_t overflow = 0;  // further pages that it covers
};

class ReadTx {
 public:
  explicit ReadTx(std::shared_ptr<const Snapshot> snapshot) : snapshot_(std::move(snapshot)) {}

  Result<std::optional<BucketView>> bucket(BytesView name) const;
  // Over the buckets' names; values are the buckets' headers.
  Result<Cursor> buckets() const;

  uint64_t id() const;
  uint32_t page_size() const;
  // Bytes up to the high-water mark: the size of a streamed copy.
  uint64_t size() const;
  const std::string& path() const;

  // In order of ids, each once; pages that nothing refers to come as kFree. Walks the
  // whole tree first and fails if a page is referred to twice.
  Result<void> for_each_page(const std::function<void(const PageInfo&)>& visit) const;

  // Bytes [offset, offset + size) of a file that holds just this snapshot: the pages
  // with two valid metas, as the original's WriteTo makes it. Not past size().
  void copy(uint64_t offset, char* to, size_t size) const;

  // The whole consistency: every page reachable once or free (and what a stored free
  // list says agrees), keys in order within pages and between their parents' keys.
  Result<void> verify() const;

 private:
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace argosy::etcd::bolt
