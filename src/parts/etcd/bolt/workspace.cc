#include "parts/etcd/bolt/workspace.h"

#include <algorithm>
#include <cstring>

#include "base/format.h"

namespace argosy::etcd::bolt {

Node& Workspace::new_node(bool leaf) {
  Node& node = nodes_.emplace_back();
  node.leaf = leaf;
  return node;
}

Result<Node*> Workspace::load(PageId id) {
  const PageView page = TRY(pages_.page(id));
  Node& node = new_node(page.is_leaf());
  node.load(page);
  free({id, uint64_t{page.overflow()} + 1});
  return &node;
}

Result<NewPage> Workspace::new_page(size_t bytes) {
  const uint64_t count = (bytes + page_size() - 1) / page_size();
  PageId id = high_water_;
  if (const auto reused = free_list_->allocate(count)) {
    id = *reused;
  } else if (count > kMaxPages - high_water_) {
    return fail(Code::kResourceExhausted,
                format("{}: no more than {} pages", pages_.path(), kMaxPages));
  } else {
    high_water_ += count;
  }
  const uint64_t size = count * page_size();
  char* data = page_bytes_.allocate(size);
  std::memset(data + bytes, 0, size - bytes);
  new_pages_.push_back({id, data, size});
  return new_pages_.back();
}

Result<void> Workspace::write_pages(File& file) {
  std::ranges::sort(new_pages_, {}, &NewPage::id);
  for (size_t i = 0; i < new_pages_.size();) {
    const NewPage& first = new_pages_[i];
    uint64_t size = first.size;
    for (++i; i < new_pages_.size(); ++i) {
      const NewPage& next = new_pages_[i];
      const bool is_adjacent =
          next.id == first.id + size / page_size() && next.data == first.data + size;
      if (!is_adjacent) break;
      size += next.size;
    }
    TRY(file.write_at(first.id * page_size(), {first.data, size}));
  }
  return {};
}

}  // namespace argosy::etcd::bolt
