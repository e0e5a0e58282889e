// Files that are not what they should be: an error that names the place, or the content.
#include <doctest/doctest.h>
#include <functional>

#include "base/format.h"
#include "parts/etcd/bolt/test_model.h"
#include "sim/disk/sim_disk.h"

namespace argosy::etcd::bolt {
namespace {

constexpr uint32_t kPageSize = 1024;

// Two transactions, the second over several levels, overflow pages and inline buckets.
Bytes sound_file(Model* last, Model* last_but_one) {
  sim::SimDisk disk;
  const auto db = must(Db::open(disk, "/db", {.page_size = kPageSize}));
  for (int round = 0; round < 2; ++round) {
    auto tx = must(db->begin_write());
    const auto many = must(tx.bucket("many"));
    for (int i = round; i < 300; i += 1 + round) {
      must(tx.put(many, format("key{:04}", i), Bytes(20, 'v')));
    }
    must(tx.put(must(tx.bucket("large")), "large", Bytes(3000, 'L')));
    must(tx.put(must(tx.bucket("inline")), "k", "v"));
    must(std::move(tx).commit());
    if (round == 0 && last_but_one != nullptr) *last_but_one = must(dump(db->begin_read()));
  }
  if (last != nullptr) *last = must(dump(db->begin_read()));
  return must(read_file(disk, "/db"));
}

// Everything that can be done with it; errors are fine. The model if reading succeeded.
std::optional<Model> use(const Bytes& file) {
  sim::SimDisk disk;
  must(replace_file(disk, "/db", file));
  std::optional<Model> read;
  if (const auto db = Db::open(disk, "/db", {.read_only = true})) {
    const ReadTx tx = (*db)->begin_read();
    if (auto model = dump(tx)) read = std::move(*model);
    (void)tx.verify();
    (void)tx.for_each_page([](const PageInfo&) {});
    Bytes copy(tx.size(), '\0');
    tx.copy(0, copy.data(), copy.size());
  }
  const auto db = Db::open(disk, "/db", {});
  if (!db) return read;
  const bool was_sound = (*db)->verify().has_value();
  auto tx = must((*db)->begin_write());
  const auto bucket = tx.bucket("many");
  if (!bucket) return read;
  for (int i = 0; i < 200; i += 3) (void)tx.put(*bucket, format("key{:04}", i), "new");
  for (int i = 1; i < 200; i += 3) (void)tx.erase(*bucket, format("key{:04}", i));
  if (std::move(tx).commit() && was_sound) must((*db)->verify());
  return read;
}

TEST_CASE("each byte of the metas flipped") {
  Model last;
  Model last_but_one;
  const Bytes file = sound_file(&last, &last_but_one);
  SeededRandom random(11);
  for (size_t at = 0; at < 2 * kPageSize; ++at) {
    CAPTURE(at);
    Bytes damaged = file;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << random.below(8)));
    const auto found = use(damaged);
    REQUIRE(found.has_value());
    const bool is_either = *found == last || *found == last_but_one;
    CHECK(is_either);
  }
}

TEST_CASE("each byte of every page's head and a sample of the rest flipped") {
  const Bytes file = sound_file(nullptr, nullptr);
  SeededRandom random(12);
  for (size_t page = 2 * kPageSize; page < file.size(); page += kPageSize) {
    for (size_t at = 0; at < kPageSize; at += at < 80 ? 1 : 1 + random.below(40)) {
      CAPTURE(page);
      CAPTURE(at);
      Bytes damaged = file;
      damaged[page + at] = static_cast<char>(damaged[page + at] ^ (1 << random.below(8)));
      (void)use(damaged);
    }
  }
}

TEST_CASE("cut at any length, and noise") {
  const Bytes file = sound_file(nullptr, nullptr);
  SeededRandom random(13);
  for (size_t size = 0; size < file.size(); size += 1 + random.below(300)) {
    CAPTURE(size);
    (void)use(file.substr(0, size));
  }
  for (int round = 0; round < 300; ++round) {
    Bytes damaged = file;
    for (uint64_t i = random.below(30); i > 0; --i) {
      damaged[2 * kPageSize + random.below(damaged.size() - 2 * kPageSize)] =
          static_cast<char>(random.next());
    }
    (void)use(damaged);
  }
}

// -- What the errors say.

struct Pages {
  Bytes file;

  explicit Pages() : file(sound_file(nullptr, nullptr)) {}
  Meta newest() const {
    const Meta a = must(decode_meta(file.data() + kPageHeaderSize));
    const Meta b = must(decode_meta(file.data() + kPageSize + kPageHeaderSize));
    return a.tx > b.tx ? a : b;
  }
  void set(Meta meta) {
    for (PageId id = 0; id < 2; ++id) encode_meta_page(meta, id, file.data() + id * kPageSize);
  }
  char* page(PageId id) { return file.data() + id * kPageSize; }
  // The first branch page in use.
  PageId branch() const {
    sim::SimDisk disk;
    must(replace_file(disk, "/db", file));
    const auto db = must(Db::open(disk, "/db", {.read_only = true}));
    PageId found = 0;
    must(db->begin_read().for_each_page([&](const PageInfo& page) {
      if (found == 0 && page.kind == PageKind::kBranch) found = page.id;
    }));
    REQUIRE(found != 0);
    return found;
  }
  std::string open_error() const {
    sim::SimDisk disk;
    must(replace_file(disk, "/db", file));
    const auto db = Db::open(disk, "/db", {});
    return db ? "none" : db.error().text();
  }
};

TEST_CASE("both metas damaged: the original's texts") {
  const auto with_both = [](size_t offset, char mask) {
    Pages pages;
    for (PageId id = 0; id < 2; ++id) {
      char& byte = pages.page(id)[kPageHeaderSize + offset];
      byte = static_cast<char>(byte ^ mask);
    }
    return pages.open_error();
  };
  CHECK(with_both(0, 1) == "/db: invalid database");
  CHECK(with_both(4, 1) == "/db: version mismatch");
  CHECK(with_both(48, 1) == "/db: checksum error");
}

TEST_CASE("metas that are valid and wrong") {
  Pages pages;
  const Meta good = pages.newest();
  Meta meta = good;
  meta.root.root = good.high_water;
  pages.set(meta);
  CHECK(pages.open_error() == format("/db: meta: root page {} out of range", good.high_water));
  meta = good;
  meta.high_water = 1000000;
  pages.set(meta);
  CHECK(pages.open_error().starts_with("/db: file size too small: "));
  meta = good;
  meta.high_water = 1ULL << 60;
  pages.set(meta);
  CHECK(pages.open_error() == "/db: meta: high-water mark 1152921504606846976");
  meta = good;
  meta.free_list = 3;
  pages.set(meta);
  CHECK(pages.open_error().starts_with("/db: page 3: "));
  meta = good;
  meta.root.root = 0;
  pages.set(meta);
  CHECK(pages.open_error() == "/db: meta: root page 0 out of range");
}

TEST_CASE("damaged pages name themselves") {
  const auto error_after = [](const std::function<PageId(Pages&)>& damage) {
    Pages pages;
    pages.set(pages.newest());
    const PageId id = damage(pages);
    const std::string text = pages.open_error();
    const std::string prefix = format("/db: page {}: ", id);
    REQUIRE(text.starts_with(prefix));
    return text.substr(prefix.size());
  };
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le16(pages.page(id) + 8, kMetaPage);
          return id;
        }) == "neither branch nor leaf: flags 0x4 at offset 8");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le64(pages.page(id), 77);
          return id;
        }) == "it says to be page 77 at offset 0");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le32(pages.page(id) + 12, 100000);
          return id;
        }) == "overflow out of range at offset 12");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le16(pages.page(id) + 10, 60000);
          return id;
        }) == "more elements than fit at offset 10");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le32(pages.page(id) + 16, 2000);
          return id;
        }) == "an element reaches out of the page at offset 16");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          store_le64(pages.page(id) + 24, id);
          return id;
        }) == "a child page out of range at offset 16");
  CHECK(error_after([](Pages& pages) {
          const PageId id = pages.branch();
          const PageId second = load_le64(pages.page(id) + 40);
          store_le64(pages.page(id) + 24, second);
          return second;
        }) == "keys outside its parent's");
}

TEST_CASE("a cursor over a cycle ends with an error, without a walk before it") {
  Pages pages;
  pages.set(pages.newest());
  const PageId id = pages.branch();
  const uint16_t count = load_le16(pages.page(id) + 10);
  // The last child once more is the first.
  store_le64(pages.page(id) + 16 + (count - 1) * 16 + 8, load_le64(pages.page(id) + 24));
  sim::SimDisk disk;
  must(replace_file(disk, "/db", pages.file));
  const auto db = must(Db::open(disk, "/db", {.read_only = true}));
  const auto model = dump(db->begin_read());
  REQUIRE_FALSE(model.has_value());
  CHECK(model.error().text() == "/db: keys out of order between pages");
  CHECK(db->begin_read().verify().error().code() == Code::kDataLoss);
}

}  // namespace
}  // namespace argosy::etcd::bolt
