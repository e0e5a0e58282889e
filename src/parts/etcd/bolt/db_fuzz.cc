// Any bytes as a file: opened, walked, written to. The metas' checksums are put right
// first, since no fuzzer finds those.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "parts/etcd/bolt/db.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

constexpr uint32_t kPageSize = 1024;

void fix_metas(Bytes& file) {
  for (PageId id = 0; id < 2; ++id) {
    if (file.size() < (id + 1) * kPageSize) return;
    char* at = file.data() + id * kPageSize + kPageHeaderSize;
    const Meta meta{.page_size = kPageSize,
                    .root = load_bucket_header(at + 16),
                    .free_list = load_le64(at + 32),
                    .high_water = load_le64(at + 40),
                    .tx = load_le64(at + 48)};
    encode_meta(meta, at);
  }
}

// What a cursor finds, get() finds, if the tree is sound.
void read_all(const BucketView& bucket, bool is_sound, int nesting) {
  Cursor cursor = bucket.cursor();
  auto item = cursor.first();
  for (; item && *item; item = cursor.next()) {
    const auto found = bucket.get((*item)->key);
    const bool is_same = found && ((*item)->is_bucket || *found == (*item)->value);
    check(!is_sound || is_same);
    if (!(*item)->is_bucket || nesting == 3) continue;
    if (const auto inner = bucket.bucket((*item)->key); inner && *inner) {
      read_all(**inner, is_sound, nesting + 1);
    }
  }
  for (item = cursor.last(); item && *item;) item = cursor.prev();
}

void read(const Db& db) {
  const ReadTx tx = db.begin_read();
  const bool is_sound = tx.verify().has_value();
  auto names = tx.buckets();
  if (!names) return;
  for (auto name = names->first(); name && *name; name = names->next()) {
    if (const auto bucket = tx.bucket((*name)->key); bucket && *bucket)
      read_all(**bucket, is_sound, 0);
  }
}

void write(Db& db) {
  const bool was_sound = db.verify().has_value();
  auto tx = db.begin_write();
  check(tx.has_value());
  const auto bucket = tx->bucket("many");
  if (!bucket) return;
  for (int i = 0; i < 40; ++i) {
    (void)tx->put(*bucket, "key" + std::to_string(i), Bytes(static_cast<size_t>(i), 'v'));
  }
  auto cursor = tx->cursor(*bucket);
  std::vector<Bytes> keys;
  if (cursor) {
    auto item = cursor->first();
    for (; item && *item; item = cursor->next()) keys.emplace_back((*item)->key);
  }
  for (size_t i = 0; i < keys.size(); i += 2) (void)tx->erase(*bucket, keys[i]);
  const bool is_done = std::move(*tx).commit().has_value();
  check(!is_done || !was_sound || db.verify().has_value());
}

}  // namespace
}  // namespace argosy::etcd::bolt

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy::etcd::bolt;
  argosy::Bytes file(reinterpret_cast<const char*>(data), data == nullptr ? 0 : size);
  fix_metas(file);
  argosy::sim::SimDisk disk;
  if (!replace_file(disk, "/db", file)) return 0;
  if (const auto db = Db::open(disk, "/db", {.read_only = true})) read(**db);
  if (const auto db = Db::open(disk, "/db", {.page_size = kPageSize})) write(**db);
  return 0;
}
