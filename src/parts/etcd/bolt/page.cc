#include "parts/etcd/bolt/page.h"

#include <algorithm>
#include <vector>

#include "base/format.h"

namespace argosy::etcd::bolt {
namespace {

std::unexpected<Error> damaged(std::string_view what, uint64_t offset) {
  return fail(Code::kDataLoss, format("{} at offset {}", what, offset));
}

bool is_data_page(PageId id, PageId high_water) {
  return id >= kFirstDataPage && id < high_water;
}

// A leaf page inside a bucket element's value; it holds no further buckets.
Result<void> validate_inline(BytesView value, uint64_t offset) {
  const BytesView page = value.substr(kBucketHeaderSize);
  if (page.size() < kPageHeaderSize) return damaged("an inline bucket without a page", offset);
  if (!PageView(page.data()).is_leaf()) return damaged("an inline bucket of branches", offset);
  auto valid = validate_page(page.data(), page.size(), 0, 0);
  if (!valid) return fail(std::move(valid).error().context(format("inline bucket at {}", offset)));
  return {};
}

Result<void> validate_bucket(BytesView value, uint64_t offset, PageId high_water) {
  if (value.size() < kBucketHeaderSize) return damaged("a short bucket header", offset);
  const BucketHeader header = load_bucket_header(value.data());
  if (header.root == 0 && high_water != 0) return validate_inline(value, offset);
  if (!is_data_page(header.root, high_water))
    return damaged("a bucket's root out of range", offset);
  return {};
}

Result<void> validate_leaf_element(PageView page, uint32_t i, uint64_t offset, PageId high_water) {
  const uint32_t flags = page.leaf_flags(i);
  if (flags == 0) return {};
  if (flags != kBucketElement) return damaged("unknown element flags", offset);
  return validate_bucket(page.leaf_value(i), offset, high_water);
}

Result<void> validate_branch_element(PageView page, uint32_t i, uint64_t offset, PageId id,
                                     PageId high_water) {
  const PageId child = page.branch_child(i);
  if (child == id || !is_data_page(child, high_water)) {
    return damaged("a child page out of range", offset);
  }
  return {};
}

}  // namespace

Result<void> validate_page(const char* data, uint64_t size, PageId id, PageId high_water) {
  const PageView page(data);
  if (page.id() != id) return damaged(format("it says to be page {}", page.id()), 0);
  const uint16_t flags = page.flags();
  if (flags != kLeafPage && flags != kBranchPage) {
    return damaged(format("neither branch nor leaf: flags {:#x}", flags), 8);
  }
  const bool leaf = flags == kLeafPage;
  const uint32_t count = page.count();
  if (count == 0 && !leaf) return damaged("a branch without children", 10);
  const uint64_t data_at = kPageHeaderSize + uint64_t{count} * kElementSize;
  if (data_at > size) return damaged("more elements than fit", 10);

  BytesView previous;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t offset = kPageHeaderSize + uint64_t{i} * kElementSize;
    const char* at = data + offset;
    const uint64_t begin = offset + load_le32(leaf ? at + 4 : at);
    const uint64_t length =
        leaf ? uint64_t{load_le32(at + 8)} + load_le32(at + 12) : load_le32(at + 4);
    if (begin < data_at || begin + length > size) {
      return damaged("an element reaches out of the page", offset);
    }
    const BytesView key = page.key(i);
    if (i > 0 && key <= previous) return damaged("keys out of order", offset);
    previous = key;
    if (leaf) {
      TRY(validate_leaf_element(page, i, offset, high_water));
    } else {
      TRY(validate_branch_element(page, i, offset, id, high_water));
    }
  }
  return {};
}

Result<void> validate_no_overlap(PageView page) {
  struct Range {
    const char* begin;
    const char* end;
  };
  std::vector<Range> ranges;
  ranges.reserve(page.count());
  for (uint32_t i = 0; i < page.count(); ++i) {
    const BytesView key = page.key(i);
    const size_t value = page.is_leaf() ? page.leaf_value(i).size() : 0;
    ranges.push_back({key.data(), key.data() + key.size() + value});
  }
  std::ranges::sort(ranges, {}, &Range::begin);
  for (size_t i = 1; i < ranges.size(); ++i) {
    if (ranges[i].begin < ranges[i - 1].end) {
      return fail(Code::kDataLoss, format("page {}: elements overlap", page.id()));
    }
  }
  return {};
}

}  // namespace argosy::etcd::bolt
