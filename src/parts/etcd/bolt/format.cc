#include "parts/etcd/bolt/format.h"

#include <cstring>

namespace argosy::etcd::bolt {
namespace {

constexpr size_t kChecksumAt = 56;

// FNV-1a of 64 bits (Fowler, Noll, Vo).
uint64_t fnv1a(BytesView bytes) {
  uint64_t hash = 0xcbf29ce484222325;
  for (const char c : bytes) {
    hash ^= static_cast<uint8_t>(c);
    hash *= 0x100000001b3;
  }
  return hash;
}

}  // namespace

Result<Meta> decode_meta(const char* from) {
  if (load_le32(from) != kMagic) return fail(Code::kDataLoss, "invalid database");
  if (load_le32(from + 4) != kVersion) return fail(Code::kDataLoss, "version mismatch");
  if (load_le64(from + kChecksumAt) != fnv1a({from, kChecksumAt})) {
    return fail(Code::kDataLoss, "checksum error");
  }
  return Meta{
      .page_size = load_le32(from + 8),
      .root = load_bucket_header(from + 16),
      .free_list = load_le64(from + 32),
      .high_water = load_le64(from + 40),
      .tx = load_le64(from + 48),
  };
}

void encode_meta(const Meta& meta, char* to) {
  store_le32(to, kMagic);
  store_le32(to + 4, kVersion);
  store_le32(to + 8, meta.page_size);
  store_le32(to + 12, 0);
  store_bucket_header(to + 16, meta.root);
  store_le64(to + 32, meta.free_list);
  store_le64(to + 40, meta.high_water);
  store_le64(to + 48, meta.tx);
  store_le64(to + kChecksumAt, fnv1a({to, kChecksumAt}));
}

void encode_meta_page(const Meta& meta, PageId id, char* to) {
  std::memset(to, 0, meta.page_size);
  store_page_header(to, id, kMetaPage, 0, 0);
  encode_meta(meta, to + kPageHeaderSize);
}

void store_page_header(char* to, PageId id, uint16_t flags, uint16_t count, uint32_t overflow) {
  store_le64(to, id);
  store_le16(to + 8, flags);
  store_le16(to + 10, count);
  store_le32(to + 12, overflow);
}

}  // namespace argosy::etcd::bolt
