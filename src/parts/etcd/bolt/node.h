// A page being changed: its elements in memory, borrowing keys and values from the
// mapping or the transaction's arena.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.h"
#include "parts/etcd/bolt/format.h"
#include "parts/etcd/bolt/page.h"

namespace argosy::etcd::bolt {

struct Node;

struct Inode {
  BytesView key;
  BytesView value;        // of a leaf
  uint32_t flags = 0;     // of a leaf
  PageId page = 0;        // of a branch: the child where it lies
  Node* child = nullptr;  // of a branch: the child being changed, which then counts

  size_t size() const { return kElementSize + key.size() + value.size(); }
};

struct Node {
  bool leaf = true;
  bool shrunk = false;  // lost elements, so it may be too small to stay alone
  std::vector<Inode> inodes;

  void load(PageView page);
  // The first element whose key is not less.
  uint32_t lower_bound(BytesView key) const;
  // Bytes as one page, header included.
  size_t size() const;
  // Large enough to stay alone after a removal.
  bool is_large_enough(uint32_t page_size) const;
};

// The bytes that these elements take as one page, header included.
size_t page_bytes(std::span<const Inode> inodes);
// Writes them as a page of that many bytes.
void write_page(char* to, PageId id, bool leaf, std::span<const Inode> inodes, uint32_t overflow);
// How many of the first elements the next page gets, so that a page is filled to about
// `fill` and no page has fewer than kMinKeysPerPage.
size_t split_point(std::span<const Inode> inodes, uint32_t page_size, double fill);

}  // namespace argosy::etcd::bolt
