#include "parts/etcd/bolt/stored_free_list.h"

#include "base/format.h"

namespace argosy::etcd::bolt {

Result<StoredFreeList> read_free_list(const PageSource& pages, PageId id) {
  if (id < kFirstDataPage || id >= pages.high_water()) {
    return pages.damaged(id, "the free list is out of range");
  }
  const char* data = pages.raw(id);
  const PageView page(data);
  if (page.id() != id || page.flags() != kFreeListPage) {
    return pages.damaged(id, format("no free list: flags {:#x} at offset 8", page.flags()));
  }
  const uint64_t span = uint64_t{page.overflow()} + 1;
  if (span > pages.high_water() - id) {
    return pages.damaged(id, "overflow out of range at offset 12");
  }
  const bool is_long = page.count() == kCountOverflow;
  const uint64_t slots = (span * pages.page_size() - kPageHeaderSize) / 8;
  const char* ids = data + kPageHeaderSize + (is_long ? 8 : 0);
  const uint64_t count = is_long ? load_le64(data + kPageHeaderSize) : page.count();
  if (count > slots - (is_long ? 1 : 0)) {
    return pages.damaged(id, "more ids than fit at offset 10");
  }

  StoredFreeList list{.pages = {id, span}, .ids = {}};
  list.ids.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    const PageId free = load_le64(ids + i * 8);
    const PageId least = list.ids.empty() ? kFirstDataPage : list.ids.back() + 1;
    if (free < least || free >= pages.high_water()) {
      return pages.damaged(id, format("free page {} is out of range or order", free));
    }
    list.ids.push_back(free);
  }
  return list;
}

}  // namespace argosy::etcd::bolt
