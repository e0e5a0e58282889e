// The pages that nothing refers to. Those freed by a transaction are pending until no
// snapshot older than it lives; then they are free. Used by the writer only.
//
// Invariants: free spans are disjoint, not adjacent (they merge), and disjoint from the
// pending ones.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "parts/etcd/bolt/format.h"

namespace argosy::etcd::bolt {

struct PageSpan {
  PageId first = 0;
  uint64_t count = 0;

  auto operator<=>(const PageSpan&) const = default;
};

class FreeList {
 public:
  // `count` adjacent pages: for one page the lowest free, so that a transaction's pages
  // come in order; for several the tightest span that holds them. Empty if there is none.
  std::optional<PageId> allocate(uint64_t count);

  void add(PageSpan span);
  // Pages that transaction `tx` no longer needs; `tx` never decreases.
  void add_pending(TxId tx, std::vector<PageSpan> spans);
  // Frees what transactions up to `tx` left pending.
  void release(TxId tx);

  uint64_t free_pages() const { return free_pages_; }
  uint64_t pending_pages() const { return pending_pages_; }
  // Free and pending, ordered.
  std::vector<PageSpan> all() const;

 private:
  using Spans = std::map<PageId, uint64_t>;
  void index(PageId first, uint64_t count);
  void unindex(PageId first, uint64_t count);
  // Takes pages from the span's front.
  PageId take(Spans::iterator span, uint64_t count);

  struct Pending {
    TxId tx;
    std::vector<PageSpan> spans;
  };

  Spans spans_;
  std::set<std::pair<uint64_t, PageId>> by_count_;  // spans of more than one page
  std::deque<Pending> pending_;
  uint64_t free_pages_ = 0;
  uint64_t pending_pages_ = 0;
};

}  // namespace argosy::etcd::bolt
