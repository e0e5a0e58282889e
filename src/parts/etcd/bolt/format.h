// The constants and fixed layouts of the page file, shared by reader and writer;
// docs/formats/bolt.md has the prose. All numbers are little endian.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::etcd::bolt {

using PageId = uint64_t;
using TxId = uint64_t;

// -- A page's header: id u64, flags u16, count u16, overflow u32.
inline constexpr size_t kPageHeaderSize = 16;
inline constexpr uint16_t kBranchPage = 0x01;
inline constexpr uint16_t kLeafPage = 0x02;
inline constexpr uint16_t kMetaPage = 0x04;
inline constexpr uint16_t kFreeListPage = 0x10;

// -- An element. Leaf: flags u32, pos u32, key size u32, value size u32. Branch: pos
// u32, key size u32, page u64. pos counts from the element's own first byte.
inline constexpr size_t kElementSize = 16;
inline constexpr uint32_t kBucketElement = 0x01;

// -- A bucket's header: root page u64, sequence u64. Root 0: a leaf page follows.
inline constexpr size_t kBucketHeaderSize = 16;

// -- A free list's count of 0xffff: the first u64 of its ids is the count.
inline constexpr uint16_t kCountOverflow = 0xffff;
// The meta's free list when none is stored.
inline constexpr PageId kNoFreeList = ~0ULL;

inline constexpr uint32_t kMagic = 0xED0CDAED;
inline constexpr uint32_t kVersion = 2;
inline constexpr size_t kMetaSize = 64;
inline constexpr PageId kFirstDataPage = 2;  // after the two metas
inline constexpr uint32_t kMinPageSize = 1024;
inline constexpr uint32_t kMaxPageSize = 65536;
inline constexpr PageId kMaxPages = 1ULL << 30;

inline constexpr size_t kMaxKeySize = 32768;
inline constexpr size_t kMaxValueSize = (1ULL << 31) - 2;
inline constexpr size_t kMaxDepth = 32;         // of a tree
inline constexpr size_t kMaxNestedBuckets = 8;  // of buckets in buckets

inline constexpr double kFillPercent = 0.5;
inline constexpr double kSequentialFillPercent = 0.9;
inline constexpr size_t kMinKeysPerPage = 2;
inline constexpr uint64_t kGrowthStep = 16ULL << 20;

struct BucketHeader {
  PageId root = 0;
  uint64_t sequence = 0;
};

struct Meta {
  uint32_t page_size = 0;
  BucketHeader root;
  PageId free_list = kNoFreeList;
  PageId high_water = 0;  // the first page never used
  TxId tx = 0;
};

// What stands after the page's header, kMetaSize bytes. The errors are "invalid
// database", "version mismatch" and "checksum error".
Result<Meta> decode_meta(const char* from);
void encode_meta(const Meta& meta, char* to);
// The header too: a whole page, zero filled, with the meta as page `id`.
void encode_meta_page(const Meta& meta, PageId id, char* to);

void store_page_header(char* to, PageId id, uint16_t flags, uint16_t count, uint32_t overflow);
inline void store_bucket_header(char* to, const BucketHeader& header) {
  store_le64(to, header.root);
  store_le64(to + 8, header.sequence);
}
inline BucketHeader load_bucket_header(const char* from) {
  return {load_le64(from), load_le64(from + 8)};
}

}  // namespace argosy::etcd::bolt
