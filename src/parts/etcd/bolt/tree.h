// The B+tree of one bucket inside a write transaction. Only the paths that change are
// in memory as nodes; the rest stays on its pages.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "parts/etcd/bolt/ref.h"
#include "parts/etcd/bolt/workspace.h"

namespace argosy::etcd::bolt {

class Tree {
 public:
  // An empty one.
  explicit Tree(Workspace& workspace);
  // The one at a page.
  Tree(Workspace& workspace, PageId root) : workspace_(&workspace), root_page_(root) {}
  // The one inside a bucket element's value, already validated.
  Tree(Workspace& workspace, PageView inline_page);

  Result<Ref> root() const;
  Result<Place> find(BytesView key) const;

  // The key is known to come after all others.
  bool appends(BytesView key) const {
    return last_ != nullptr && !last_->inodes.empty() && last_->inodes.back().key < key;
  }
  // Replaces what is there. Key and value are borrowed until the transaction ends.
  Result<void> put(BytesView key, BytesView value, uint32_t flags);
  // The key is there (find).
  Result<void> erase(BytesView key);

  // Merges nodes that became too small, and drops levels that are no longer needed.
  Result<void> settle();
  // After settle(): the one leaf that is the whole tree, if it is in memory and as small
  // as a bucket inside its element's value may be.
  const Node* inlineable() const;
  // After settle(): writes the changed nodes to new pages; the root's page.
  Result<PageId> write(double fill_percent);

  // Frees all its pages, of nested buckets too.
  Result<void> free_all();

 private:
  Result<Node*> load_root();
  Result<Node*> load_child(Node& branch, size_t index);
  // The leaf where the key belongs, in memory.
  Result<Node*> load_leaf(BytesView key);
  Result<void> settle_children(Node& branch);
  Result<void> merge_children(Node& branch);
  // Joins the child at `index` with the one after it; false if they can't be joined.
  Result<bool> join(Node& branch, size_t index);
  Result<void> free_node(const Node& node);
  Result<void> free_page(PageId id, size_t depth);
  Result<void> free_nested(Ref leaf, size_t depth);
  Result<void> write_node(Node& node, double fill_percent, std::vector<Inode>& parents);

  Workspace* workspace_;
  Node* root_ = nullptr;  // if it is in memory
  PageId root_page_ = 0;  // else where it lies
  Node* last_ = nullptr;  // the rightmost leaf, if it is known to be in memory
};

}  // namespace argosy::etcd::bolt
