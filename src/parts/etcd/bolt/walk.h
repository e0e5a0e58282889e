// Visits every page that one state of the file refers to, and finds what is wrong with
// the tree as a whole: a page referred to twice (so also a cycle), a child's keys not
// between its parent's, buckets nested too deep.
#pragma once

#include <vector>

#include "base/result.h"
#include "parts/etcd/bolt/free_list.h"
#include "parts/etcd/bolt/page_source.h"

namespace argosy::etcd::bolt {

struct Reachable {
  std::vector<bool> used;    // by page, the two metas and a stored free list too
  std::vector<bool> begins;  // the page is the first of a branch or leaf

  // What is not used, in order.
  std::vector<PageSpan> unused() const;
};

enum class Depth : uint8_t { kCheap, kThorough };

// Thorough also looks inside pages for elements that overlap.
Result<Reachable> walk(const PageSource& pages, const Meta& meta, Depth depth);

}  // namespace argosy::etcd::bolt
