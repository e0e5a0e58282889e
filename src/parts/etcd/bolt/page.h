// One branch or leaf page where it lies. Whoever makes a PageView has validated the
// page (validate_page): then the accessors stay inside it for every index < count().
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/bolt/format.h"

namespace argosy::etcd::bolt {

class PageView {
 public:
  PageView() = default;
  explicit PageView(const char* data) : data_(data) {}

  explicit operator bool() const { return data_ != nullptr; }
  PageId id() const { return load_le64(data_); }
  uint16_t flags() const { return load_le16(data_ + 8); }
  uint16_t count() const { return load_le16(data_ + 10); }
  uint32_t overflow() const { return load_le32(data_ + 12); }
  bool is_leaf() const { return (flags() & kLeafPage) != 0; }

  BytesView leaf_key(uint32_t i) const {
    const char* at = element(i);
    return {at + load_le32(at + 4), load_le32(at + 8)};
  }
  BytesView leaf_value(uint32_t i) const {
    const char* at = element(i);
    return {at + load_le32(at + 4) + load_le32(at + 8), load_le32(at + 12)};
  }
  uint32_t leaf_flags(uint32_t i) const { return load_le32(element(i)); }
  BytesView branch_key(uint32_t i) const {
    const char* at = element(i);
    return {at + load_le32(at), load_le32(at + 4)};
  }
  PageId branch_child(uint32_t i) const { return load_le64(element(i) + 8); }
  BytesView key(uint32_t i) const { return is_leaf() ? leaf_key(i) : branch_key(i); }

 private:
  const char* element(uint32_t i) const { return data_ + kPageHeaderSize + i * kElementSize; }

  const char* data_ = nullptr;
};

// Cheap checks that make every access defined: kind, counts, positions, order of keys,
// page ids below `high_water`, headers of buckets and their inline pages. `size` is the
// number of bytes that may be looked at. The error says what and at which offset.
Result<void> validate_page(const char* data, uint64_t size, PageId id, PageId high_water);

// Also that no two elements' keys and values share a byte.
Result<void> validate_no_overlap(PageView page);

}  // namespace argosy::etcd::bolt
