#include "parts/etcd/bolt/page_source.h"

#include "base/format.h"

namespace argosy::etcd::bolt {

CheckedPages::~CheckedPages() {
  for (auto& chunk : chunks_) std::unique_ptr<Chunk>(chunk.load());
}

void CheckedPages::add(PageId id) {
  std::atomic<Chunk*>& slot = chunks_[id / kPagesInChunk];
  Chunk* chunk = slot.load(std::memory_order_acquire);
  if (chunk == nullptr) {
    auto fresh = std::make_unique<Chunk>();
    if (slot.compare_exchange_strong(chunk, fresh.get(), std::memory_order_acq_rel)) {
      chunk = fresh.release();
    }
  }
  (*chunk)[id % kPagesInChunk / 64].fetch_or(1ULL << (id % 64), std::memory_order_relaxed);
}

std::unexpected<Error> PageSource::damaged(PageId id, std::string what) const {
  return fail(Code::kDataLoss, format("{}: page {}: {}", *path_, id, what));
}

Result<PageView> PageSource::validated(PageId id) const {
  if (id < kFirstDataPage || id >= high_water_) {
    return damaged(id, format("out of range, the file has {} pages", high_water_));
  }
  const char* data = raw(id);
  const uint64_t overflow = PageView(data).overflow();
  if (overflow >= high_water_ - id) return damaged(id, "overflow out of range at offset 12");
  auto valid = validate_page(data, (overflow + 1) * page_size_, id, high_water_);
  if (!valid) return damaged(id, valid.error().text());
  checked_->add(id);
  return PageView(data);
}

}  // namespace argosy::etcd::bolt
