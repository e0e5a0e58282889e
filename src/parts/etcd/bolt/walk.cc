#include "parts/etcd/bolt/walk.h"

#include "base/format.h"
#include "parts/etcd/bolt/stored_free_list.h"

namespace argosy::etcd::bolt {
namespace {

// The keys that a page may hold: [low, high), where it has that end.
struct Bounds {
  std::optional<BytesView> low;
  std::optional<BytesView> high;
};

class Walker {
 public:
  Walker(const PageSource& pages, Depth depth) : pages_(pages), depth_(depth) {
    found_.used.resize(pages.high_water());
    found_.begins.resize(pages.high_water());
    for (PageId id = 0; id < kFirstDataPage && id < pages.high_water(); ++id) {
      found_.used[id] = true;
    }
  }

  Result<void> use(PageId id, uint64_t count) {
    for (PageId at = id; at < id + count; ++at) {
      if (found_.used[at]) return pages_.damaged(at, "multiple references");
      found_.used[at] = true;
    }
    return {};
  }

  Result<void> tree(PageId id, const Bounds& bounds, size_t level, size_t nesting) {
    if (level == kMaxDepth) return pages_.damaged(id, "a tree is too deep");
    const PageView page = TRY(pages_.page(id));
    TRY(use(id, uint64_t{page.overflow()} + 1));
    found_.begins[id] = true;
    if (depth_ == Depth::kThorough) TRY(validate_no_overlap(page));
    TRY(keys_within(page, bounds));
    if (page.is_leaf()) return buckets(page, nesting);
    for (uint32_t i = 0; i < page.count(); ++i) {
      Bounds inner{.low = page.branch_key(i), .high = bounds.high};
      if (i + 1 < page.count()) inner.high = page.branch_key(i + 1);
      TRY(tree(page.branch_child(i), inner, level + 1, nesting));
    }
    return {};
  }

  Reachable take() { return std::move(found_); }

 private:
  // Within the page they are known to be in order.
  Result<void> keys_within(PageView page, const Bounds& bounds) {
    if (page.count() == 0) return {};
    const bool is_low = bounds.low && page.key(0) < *bounds.low;
    const bool is_high = bounds.high && page.key(page.count() - 1) >= *bounds.high;
    if (is_low || is_high) return pages_.damaged(page.id(), "keys outside its parent's");
    return {};
  }

  Result<void> buckets(PageView leaf, size_t nesting) {
    for (uint32_t i = 0; i < leaf.count(); ++i) {
      if ((leaf.leaf_flags(i) & kBucketElement) == 0) continue;
      const PageId root = load_bucket_header(leaf.leaf_value(i).data()).root;
      if (root == 0) continue;
      if (nesting == kMaxNestedBuckets) {
        return pages_.damaged(leaf.id(), "buckets are nested too deep");
      }
      TRY(tree(root, {}, 0, nesting + 1));
    }
    return {};
  }

  const PageSource& pages_;
  Depth depth_;
  Reachable found_;
};

}  // namespace

std::vector<PageSpan> Reachable::unused() const {
  std::vector<PageSpan> spans;
  for (PageId id = 0; id < used.size(); ++id) {
    if (used[id]) continue;
    if (!spans.empty() && spans.back().first + spans.back().count == id) {
      ++spans.back().count;
    } else {
      spans.push_back({id, 1});
    }
  }
  return spans;
}

Result<Reachable> walk(const PageSource& pages, const Meta& meta, Depth depth) {
  Walker walker(pages, depth);
  if (meta.free_list != kNoFreeList) {
    const PageSpan span = TRY(read_free_list(pages, meta.free_list)).pages;
    TRY(walker.use(span.first, span.count));
  }
  TRY(walker.tree(meta.root.root, {}, 0, 0));
  return walker.take();
}

}  // namespace argosy::etcd::bolt
