// The memory and the pages of one write transaction: nodes being changed, new pages
// with their contents, and the pages that they replace.
#pragma once

#include <cstdint>
#include <deque>
#include <vector>

#include "base/result.h"
#include "parts/etcd/bolt/arena.h"
#include "parts/etcd/bolt/free_list.h"
#include "parts/etcd/bolt/node.h"
#include "parts/etcd/bolt/page_source.h"
#include "sys/file/disk.h"

namespace argosy::etcd::bolt {

struct NewPage {
  PageId id = 0;
  char* data = nullptr;
  uint64_t size = 0;
};

class Workspace {
 public:
  Workspace(const PageSource& pages, FreeList& free_list)
      : pages_(pages), free_list_(&free_list), high_water_(pages.high_water()) {}

  const PageSource& pages() const { return pages_; }
  uint32_t page_size() const { return pages_.page_size(); }
  PageId high_water() const { return high_water_; }
  Arena& bytes() { return bytes_; }

  Node& new_node(bool leaf);
  // The page as a node; the page itself is freed by this transaction.
  Result<Node*> load(PageId id);
  void free(PageSpan span) { freed_.push_back(span); }

  // A page that holds so many bytes, with overflow pages where needed, zero filled.
  Result<NewPage> new_page(size_t bytes);

  // Writes the new pages in the order of the file, adjacent ones together.
  Result<void> write_pages(File& file);
  const std::vector<NewPage>& new_pages() const { return new_pages_; }
  std::vector<PageSpan> take_freed() { return std::move(freed_); }

 private:
  PageSource pages_;
  FreeList* free_list_;
  PageId high_water_;
  Arena bytes_;       // keys and values
  Arena page_bytes_;  // new pages and nothing else, so that they lie side by side
  std::deque<Node> nodes_;
  std::vector<NewPage> new_pages_;
  std::vector<PageSpan> freed_;
};

}  // namespace argosy::etcd::bolt
