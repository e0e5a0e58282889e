// One level of a tree as a reader sees it: a page on disk, or, inside a write
// transaction, the changed node in memory that will replace it.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/bolt/page_source.h"

namespace argosy::etcd::bolt {

struct Node;

class Ref {
 public:
  Ref() = default;
  explicit Ref(PageView page) : page_(page) {}
  explicit Ref(const Node& node) : node_(&node) {}

  bool is_leaf() const;
  uint32_t count() const;
  BytesView key(uint32_t i) const;
  // -- Of a leaf.
  BytesView value(uint32_t i) const;
  bool is_bucket(uint32_t i) const;
  // -- Of a branch.
  Result<Ref> child(uint32_t i, const PageSource& pages) const;
  // The child under which the key belongs.
  uint32_t child_index(BytesView key) const;

  // The first element whose key is not less; count() if there is none.
  uint32_t lower_bound(BytesView key) const;

 private:
  PageView page_;
  const Node* node_ = nullptr;
};

// A key's place in the tree under `root`: its leaf and index, or no leaf's element.
struct Place {
  Ref leaf;
  uint32_t index = 0;
  bool found = false;
};
Result<Place> find(const PageSource& pages, Ref root, BytesView key);

// The tree of a bucket: its root page, or the page inside its element's value, which
// has been validated with the page that holds it.
Result<Ref> bucket_root(const PageSource& pages, BytesView bucket_value);

}  // namespace argosy::etcd::bolt
