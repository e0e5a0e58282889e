// Where the committed pages of one state of the file come from: its mapping, and the
// memory of which pages were already found sound.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "parts/etcd/bolt/page.h"
#include "sys/file/disk.h"

namespace argosy::etcd::bolt {

// A bit for each page of the file: it was validated since the file was opened, or we
// wrote it ourselves. Any thread.
class CheckedPages {
 public:
  ~CheckedPages();

  bool has(PageId id) const {
    const Chunk* chunk = chunks_[id / kPagesInChunk].load(std::memory_order_acquire);
    if (chunk == nullptr) return false;
    const uint64_t word = (*chunk)[id % kPagesInChunk / 64].load(std::memory_order_relaxed);
    return (word >> (id % 64) & 1) != 0;
  }
  void add(PageId id);

 private:
  static constexpr PageId kPagesInChunk = 1 << 18;
  using Chunk = std::array<std::atomic<uint64_t>, kPagesInChunk / 64>;

  std::array<std::atomic<Chunk*>, kMaxPages / kPagesInChunk> chunks_{};
};

class PageSource {
 public:
  PageSource(const std::string& path, const Mapping& mapping, CheckedPages& checked,
             const Meta& meta)
      : path_(&path),
        base_(mapping.data()),
        page_size_(meta.page_size),
        high_water_(meta.high_water),
        checked_(&checked) {}

  uint32_t page_size() const { return page_size_; }
  PageId high_water() const { return high_water_; }
  const std::string& path() const { return *path_; }

  // A sound branch or leaf page, or DataLoss.
  Result<PageView> page(PageId id) const {
    if (id < high_water_ && checked_->has(id)) [[likely]] {
      const PageView view(base_ + id * page_size_);
      if (view.overflow() < high_water_ - id) [[likely]]
        return view;
    }
    return validated(id);
  }
  const char* raw(PageId id) const { return base_ + id * page_size_; }

  // DataLoss that names the file and the page.
  std::unexpected<Error> damaged(PageId id, std::string what) const;

 private:
  Result<PageView> validated(PageId id) const;

  const std::string* path_;
  const char* base_;
  uint32_t page_size_;
  PageId high_water_;
  CheckedPages* checked_;
};

}  // namespace argosy::etcd::bolt
