// The free list as a page of the file, which bbolt writes unless NoFreelistSync is set,
// as etcd sets it. We read it and never write one.
#pragma once

#include <vector>

#include "base/result.h"
#include "parts/etcd/bolt/free_list.h"
#include "parts/etcd/bolt/page_source.h"

namespace argosy::etcd::bolt {

struct StoredFreeList {
  PageSpan pages;           // where it lies
  std::vector<PageId> ids;  // increasing
};

// DataLoss when it is damaged.
Result<StoredFreeList> read_free_list(const PageSource& pages, PageId id);

}  // namespace argosy::etcd::bolt
