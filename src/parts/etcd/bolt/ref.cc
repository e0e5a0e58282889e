#include "parts/etcd/bolt/ref.h"

#include "parts/etcd/bolt/node.h"

namespace argosy::etcd::bolt {
namespace {

template <typename KeyAt>
uint32_t first_not_less(uint32_t count, BytesView key, KeyAt key_at) {
  uint32_t low = 0;
  uint32_t high = count;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (key_at(middle) < key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

}  // namespace

bool Ref::is_leaf() const {
  return node_ != nullptr ? node_->leaf : page_.is_leaf();
}

uint32_t Ref::count() const {
  return node_ != nullptr ? static_cast<uint32_t>(node_->inodes.size()) : page_.count();
}

BytesView Ref::key(uint32_t i) const {
  return node_ != nullptr ? node_->inodes[i].key : page_.key(i);
}

BytesView Ref::value(uint32_t i) const {
  return node_ != nullptr ? node_->inodes[i].value : page_.leaf_value(i);
}

bool Ref::is_bucket(uint32_t i) const {
  const uint32_t flags = node_ != nullptr ? node_->inodes[i].flags : page_.leaf_flags(i);
  return (flags & kBucketElement) != 0;
}

Result<Ref> Ref::child(uint32_t i, const PageSource& pages) const {
  if (node_ == nullptr) return Ref(TRY(pages.page(page_.branch_child(i))));
  const Inode& inode = node_->inodes[i];
  if (inode.child != nullptr) return Ref(*inode.child);
  return Ref(TRY(pages.page(inode.page)));
}

uint32_t Ref::child_index(BytesView key) const {
  const uint32_t i = lower_bound(key);
  if (i < count() && this->key(i) == key) return i;
  return i == 0 ? 0 : i - 1;
}

uint32_t Ref::lower_bound(BytesView key) const {
  if (node_ != nullptr) return node_->lower_bound(key);
  if (page_.is_leaf()) {
    return first_not_less(page_.count(), key, [this](uint32_t i) { return page_.leaf_key(i); });
  }
  return first_not_less(page_.count(), key, [this](uint32_t i) { return page_.branch_key(i); });
}

Result<Place> find(const PageSource& pages, Ref root, BytesView key) {
  Ref at = root;
  for (size_t depth = 0; !at.is_leaf(); ++depth) {
    if (depth == kMaxDepth) return fail(Code::kDataLoss, pages.path() + ": a tree is too deep");
    at = TRY(at.child(at.child_index(key), pages));
  }
  const uint32_t i = at.lower_bound(key);
  return Place{at, i, i < at.count() && at.key(i) == key};
}

Result<Ref> bucket_root(const PageSource& pages, BytesView bucket_value) {
  const BucketHeader header = load_bucket_header(bucket_value.data());
  if (header.root == 0) return Ref(PageView(bucket_value.data() + kBucketHeaderSize));
  return Ref(TRY(pages.page(header.root)));
}

}  // namespace argosy::etcd::bolt
