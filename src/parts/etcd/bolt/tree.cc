#include "parts/etcd/bolt/tree.h"

#include <algorithm>

#include "base/check.h"

namespace argosy::etcd::bolt {

Tree::Tree(Workspace& workspace) : workspace_(&workspace), root_(&workspace.new_node(true)) {}

Tree::Tree(Workspace& workspace, PageView inline_page)
    : workspace_(&workspace), root_(&workspace.new_node(true)) {
  root_->load(inline_page);
}

Result<Ref> Tree::root() const {
  if (root_ != nullptr) return Ref(*root_);
  return Ref(TRY(workspace_->pages().page(root_page_)));
}

Result<Place> Tree::find(BytesView key) const {
  return bolt::find(workspace_->pages(), TRY(root()), key);
}

Result<Node*> Tree::load_root() {
  if (root_ == nullptr) root_ = TRY(workspace_->load(root_page_));
  return root_;
}

Result<Node*> Tree::load_child(Node& branch, size_t index) {
  Inode& inode = branch.inodes[index];
  if (inode.child == nullptr) inode.child = TRY(workspace_->load(inode.page));
  return inode.child;
}

Result<Node*> Tree::load_leaf(BytesView key) {
  Node* node = TRY(load_root());
  bool is_last = true;
  for (size_t depth = 0; !node->leaf; ++depth) {
    if (depth == kMaxDepth) {
      return fail(Code::kDataLoss, workspace_->pages().path() + ": a tree is too deep");
    }
    const uint32_t index = Ref(*node).child_index(key);
    is_last = is_last && index + 1 == node->inodes.size();
    node = TRY(load_child(*node, index));
  }
  if (is_last) last_ = node;
  return node;
}

Result<void> Tree::put(BytesView key, BytesView value, uint32_t flags) {
  const bool is_appended = appends(key);
  Node* leaf = is_appended ? last_ : TRY(load_leaf(key));
  if (is_appended || leaf->inodes.empty() || leaf->inodes.back().key < key) {
    leaf->inodes.push_back({.key = key, .value = value, .flags = flags});
    return {};
  }
  const uint32_t index = leaf->lower_bound(key);
  Inode& inode = leaf->inodes[index];
  if (inode.key == key) {
    inode.value = value;
    inode.flags = flags;
  } else {
    leaf->inodes.insert(leaf->inodes.begin() + index, {.key = key, .value = value, .flags = flags});
  }
  return {};
}

Result<void> Tree::erase(BytesView key) {
  Node* leaf = TRY(load_leaf(key));
  const uint32_t index = leaf->lower_bound(key);
  check(index < leaf->inodes.size() && leaf->inodes[index].key == key);
  leaf->inodes.erase(leaf->inodes.begin() + index);
  leaf->shrunk = true;
  return {};
}

Result<void> Tree::settle() {
  last_ = nullptr;
  if (root_ == nullptr) return {};
  if (!root_->leaf) TRY(settle_children(*root_));
  while (root_ != nullptr && !root_->leaf && root_->inodes.size() <= 1) {
    if (root_->inodes.empty()) {
      root_ = &workspace_->new_node(true);
      return {};
    }
    const Inode only = root_->inodes[0];
    root_ = only.child;
    root_page_ = only.page;
  }
  return {};
}

Result<void> Tree::settle_children(Node& branch) {
  for (const Inode& inode : branch.inodes) {
    if (inode.child != nullptr && !inode.child->leaf) TRY(settle_children(*inode.child));
  }
  return merge_children(branch);
}

Result<void> Tree::merge_children(Node& branch) {
  for (size_t i = 0; i < branch.inodes.size();) {
    const Node* child = branch.inodes[i].child;
    const bool is_small =
        child != nullptr && child->shrunk && !child->is_large_enough(workspace_->page_size());
    if (!is_small) {
      ++i;
    } else if (child->inodes.empty()) {
      branch.inodes.erase(branch.inodes.begin() + static_cast<ptrdiff_t>(i));
      branch.shrunk = true;
    } else if (branch.inodes.size() == 1) {
      return {};
    } else if (!TRY(join(branch, i == 0 ? 0 : i - 1))) {
      ++i;
    }
  }
  return {};
}

Result<bool> Tree::join(Node& branch, size_t index) {
  Node& left = *TRY(load_child(branch, index));
  Node& right = *TRY(load_child(branch, index + 1));
  if (left.leaf != right.leaf) return false;
  left.inodes.insert(left.inodes.end(), right.inodes.begin(), right.inodes.end());
  left.shrunk = left.shrunk || right.shrunk;
  branch.inodes.erase(branch.inodes.begin() + static_cast<ptrdiff_t>(index) + 1);
  branch.shrunk = true;
  return true;
}

const Node* Tree::inlineable() const {
  if (root_ == nullptr || !root_->leaf || root_->size() > workspace_->page_size() / 4) {
    return nullptr;
  }
  const bool has_buckets =
      std::ranges::any_of(root_->inodes, [](const Inode& inode) { return inode.flags != 0; });
  return has_buckets ? nullptr : root_;
}

Result<PageId> Tree::write(double fill_percent) {
  if (root_ == nullptr) return root_page_;
  std::vector<Inode> parents;
  TRY(write_node(*root_, fill_percent, parents));
  while (parents.size() > 1) {
    Node& branch = workspace_->new_node(false);
    branch.inodes = std::move(parents);
    parents = {};
    TRY(write_node(branch, fill_percent, parents));
  }
  root_page_ = parents[0].page;
  root_ = nullptr;
  return root_page_;
}

Result<void> Tree::write_node(Node& node, double fill_percent, std::vector<Inode>& parents) {
  if (!node.leaf) {
    std::vector<Inode> children;
    children.reserve(node.inodes.size());
    for (const Inode& inode : node.inodes) {
      if (inode.child == nullptr) {
        children.push_back(inode);
      } else {
        TRY(write_node(*inode.child, fill_percent, children));
      }
    }
    node.inodes = std::move(children);
  }
  std::span<const Inode> left = node.inodes;
  do {
    const auto part = left.first(split_point(left, workspace_->page_size(), fill_percent));
    const NewPage page = TRY(workspace_->new_page(page_bytes(part)));
    const uint64_t overflow = page.size / workspace_->page_size() - 1;
    write_page(page.data, page.id, node.leaf, part, static_cast<uint32_t>(overflow));
    parents.push_back({.key = part.empty() ? BytesView() : part[0].key, .page = page.id});
    left = left.subspan(part.size());
  } while (!left.empty());
  return {};
}

Result<void> Tree::free_all() {
  if (root_ != nullptr) return free_node(*root_);
  return free_page(root_page_, 0);
}

Result<void> Tree::free_node(const Node& node) {
  if (node.leaf) return free_nested(Ref(node), 0);
  for (const Inode& inode : node.inodes) {
    if (inode.child != nullptr) {
      TRY(free_node(*inode.child));
    } else {
      TRY(free_page(inode.page, 0));
    }
  }
  return {};
}

Result<void> Tree::free_page(PageId id, size_t depth) {
  if (depth == kMaxDepth * kMaxNestedBuckets) {
    return fail(Code::kDataLoss, workspace_->pages().path() + ": a tree is too deep");
  }
  const PageView page = TRY(workspace_->pages().page(id));
  workspace_->free({id, uint64_t{page.overflow()} + 1});
  if (page.is_leaf()) return free_nested(Ref(page), depth);
  for (uint32_t i = 0; i < page.count(); ++i) TRY(free_page(page.branch_child(i), depth + 1));
  return {};
}

Result<void> Tree::free_nested(Ref leaf, size_t depth) {
  for (uint32_t i = 0; i < leaf.count(); ++i) {
    if (!leaf.is_bucket(i)) continue;
    const PageId root = load_bucket_header(leaf.value(i).data()).root;
    if (root != 0) TRY(free_page(root, depth + 1));
  }
  return {};
}

}  // namespace argosy::etcd::bolt
