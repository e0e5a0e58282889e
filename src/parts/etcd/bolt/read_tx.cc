#include "parts/etcd/bolt/read_tx.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "base/format.h"
#include "parts/etcd/bolt/core.h"
#include "parts/etcd/bolt/stored_free_list.h"
#include "parts/etcd/bolt/walk.h"

namespace argosy::etcd::bolt {
namespace {

Result<std::optional<BucketView>> bucket_under(const PageSource& pages, Ref root, BytesView name) {
  const Place place = TRY(find(pages, root, name));
  if (!place.found || !place.leaf.is_bucket(place.index)) return std::optional<BucketView>();
  const BytesView value = place.leaf.value(place.index);
  return BucketView(pages, TRY(bucket_root(pages, value)),
                    load_bucket_header(value.data()).sequence);
}

Result<void> verify_free_list(const PageSource& pages, PageId id, const Reachable& reachable) {
  const StoredFreeList list = TRY(read_free_list(pages, id));
  size_t listed = 0;
  for (const PageSpan& span : reachable.unused()) {
    for (PageId free = span.first; free < span.first + span.count; ++free, ++listed) {
      if (listed == list.ids.size() || list.ids[listed] > free) {
        return pages.damaged(free, "unreachable unfreed");
      }
      if (list.ids[listed] < free) break;
    }
  }
  if (listed < list.ids.size()) return pages.damaged(list.ids[listed], "reachable freed");
  return {};
}

}  // namespace

Result<std::optional<BytesView>> BucketView::get(BytesView key) const {
  const Place place = TRY(find(*pages_, root_, key));
  if (!place.found || place.leaf.is_bucket(place.index)) return std::optional<BytesView>();
  return std::optional(place.leaf.value(place.index));
}

Result<std::optional<BucketView>> BucketView::bucket(BytesView name) const {
  return bucket_under(*pages_, root_, name);
}

Result<std::optional<BucketView>> ReadTx::bucket(BytesView name) const {
  const PageSource& pages = snapshot_->pages();
  return bucket_under(pages, Ref(TRY(pages.page(snapshot_->meta().root.root))), name);
}

Result<Cursor> ReadTx::buckets() const {
  const PageSource& pages = snapshot_->pages();
  return Cursor(pages, Ref(TRY(pages.page(snapshot_->meta().root.root))));
}

uint64_t ReadTx::id() const {
  return snapshot_->meta().tx;
}
uint32_t ReadTx::page_size() const {
  return snapshot_->meta().page_size;
}
uint64_t ReadTx::size() const {
  return snapshot_->meta().high_water * page_size();
}
const std::string& ReadTx::path() const {
  return snapshot_->pages().path();
}

Result<void> ReadTx::for_each_page(const std::function<void(const PageInfo&)>& visit) const {
  const PageSource& pages = snapshot_->pages();
  const Meta& meta = snapshot_->meta();
  const Reachable reachable = TRY(walk(pages, meta, Depth::kCheap));
  PageId id = 0;
  while (id < meta.high_water) {
    PageInfo info{.id = id};
    const PageView page(pages.raw(id));
    if (id < kFirstDataPage) {
      info.kind = PageKind::kMeta;
    } else if (id == meta.free_list) {
      info = {id, PageKind::kFreeList, page.count(), page.overflow()};
    } else if (reachable.begins[id]) {
      info = {id, page.is_leaf() ? PageKind::kLeaf : PageKind::kBranch, page.count(),
              page.overflow()};
    }
    visit(info);
    id += uint64_t{info.overflow} + 1;
  }
  return {};
}

void ReadTx::copy(uint64_t offset, char* to, size_t size) const {
  check(offset <= this->size() && size <= this->size() - offset);
  const uint64_t metas_size = kFirstDataPage * page_size();
  if (offset < metas_size) {
    std::vector<char> metas(metas_size);
    Meta meta = snapshot_->meta();
    encode_meta_page(meta, 0, metas.data());
    // The other is the older one, as if this transaction had been committed twice.
    if (meta.tx > 0) --meta.tx;
    encode_meta_page(meta, 1, metas.data() + page_size());
    const size_t count = static_cast<size_t>(std::min<uint64_t>(size, metas_size - offset));
    std::memcpy(to, metas.data() + offset, count);
    offset += count;
    to += count;
    size -= count;
  }
  if (size > 0) std::memcpy(to, snapshot_->pages().raw(0) + offset, size);
}

Result<void> ReadTx::verify() const {
  const PageSource& pages = snapshot_->pages();
  const Meta& meta = snapshot_->meta();
  const Reachable reachable = TRY(walk(pages, meta, Depth::kThorough));
  if (meta.free_list == kNoFreeList) return {};
  return verify_free_list(pages, meta.free_list, reachable);
}

}  // namespace argosy::etcd::bolt
