#include "parts/etcd/bolt/node.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace argosy::etcd::bolt {

void Node::load(PageView page) {
  leaf = page.is_leaf();
  const uint32_t count = page.count();
  inodes.resize(count);
  for (uint32_t i = 0; i < count; ++i) {
    Inode& inode = inodes[i];
    if (leaf) {
      inode.key = page.leaf_key(i);
      inode.value = page.leaf_value(i);
      inode.flags = page.leaf_flags(i);
    } else {
      inode.key = page.branch_key(i);
      inode.page = page.branch_child(i);
    }
  }
}

uint32_t Node::lower_bound(BytesView key) const {
  const auto it = std::ranges::lower_bound(inodes, key, {}, &Inode::key);
  return static_cast<uint32_t>(it - inodes.begin());
}

size_t Node::size() const {
  return page_bytes(inodes);
}

bool Node::is_large_enough(uint32_t page_size) const {
  const size_t min_keys = leaf ? 1 : 2;
  return inodes.size() > min_keys && size() > page_size / 4;
}

size_t page_bytes(std::span<const Inode> inodes) {
  size_t size = kPageHeaderSize;
  for (const Inode& inode : inodes) size += inode.size();
  return size;
}

void write_page(char* to, PageId id, bool leaf, std::span<const Inode> inodes, uint32_t overflow) {
  check(inodes.size() < kCountOverflow);
  store_page_header(to, id, leaf ? kLeafPage : kBranchPage, static_cast<uint16_t>(inodes.size()),
                    overflow);
  char* element = to + kPageHeaderSize;
  char* data = element + inodes.size() * kElementSize;
  for (const Inode& inode : inodes) {
    const auto pos = static_cast<uint32_t>(data - element);
    const auto key_size = static_cast<uint32_t>(inode.key.size());
    if (leaf) {
      store_le32(element, inode.flags);
      store_le32(element + 4, pos);
      store_le32(element + 8, key_size);
      store_le32(element + 12, static_cast<uint32_t>(inode.value.size()));
    } else {
      store_le32(element, pos);
      store_le32(element + 4, key_size);
      store_le64(element + 8, inode.page);
    }
    element += kElementSize;
    data = std::copy_n(inode.key.data(), inode.key.size(), data);
    data = std::copy_n(inode.value.data(), inode.value.size(), data);
  }
}

size_t split_point(std::span<const Inode> inodes, uint32_t page_size, double fill) {
  const size_t count = inodes.size();
  if (count <= kMinKeysPerPage * 2) return count;
  const auto threshold = static_cast<size_t>(page_size * fill);
  size_t size = kPageHeaderSize;
  size_t split = 0;
  for (; split < count && size <= page_size; ++split) size += inodes[split].size();
  if (size <= page_size) return count;

  size = kPageHeaderSize;
  for (split = 0; split < count - kMinKeysPerPage; ++split) {
    size += inodes[split].size();
    if (split >= kMinKeysPerPage && size > threshold) break;
  }
  return split;
}

}  // namespace argosy::etcd::bolt
