// Power is lost at every call of a day in the store's life.
#include <map>
#include <set>

#include "parts/rkt/store/image_store.h"
#include "parts/rkt/store/images_test.h"
#include "parts/rkt/store/key.h"
#include "sim/disk/sim_disk.h"
#include "sys/crypto/sha512.h"

namespace argosy::rkt {
namespace {

ImageStore store_on(sim::SimDisk& disk, Random& random, const Clock& clock) {
  return ImageStore({.disk = disk,
                     .random = random,
                     .clock = clock,
                     .lock = [](const std::string&, LockMode) { return FileLock(); }},
                    "/data/cas");
}

const std::vector<Bytes>& archives() {
  static const std::vector<Bytes> kArchives{
      aci(manifest_of("example.com/a"), {{"rootfs/a", std::string(5000, 'a')}}),
      aci(manifest_of("example.com/b", R"(,"labels":[{"name":"version","value":"1"}])"),
          {{"rootfs/b", "b"}}),
      aci(manifest_of("example.com/b", R"(,"labels":[{"name":"version","value":"2"}])"), {})};
  return kArchives;
}

std::string key_of_archive(const Bytes& archive) {
  Sha512 hash;
  hash.update(archive);
  return key_of(hash.finish());
}

struct Acknowledged {
  std::set<std::string> present;
  std::set<std::string> absent;
};

// What has been said to be so before the first error.
Acknowledged work(const ImageStore& store) {
  Acknowledged out;
  if (!store.prepare()) return out;
  for (const Bytes& archive : archives()) {
    const auto key = store.import(source_of_bytes(archive), true);
    if (!key) return out;
    out.present.insert(*key);
  }
  const std::string first = key_of_archive(archives()[0]);
  out.present.erase(first);
  if (!store.remove(first)) return out;
  out.absent.insert(first);
  if (!store.touch(key_of_archive(archives()[1]))) return out;
  return out;
}

Bytes content_of(File& file) {
  Bytes out(*file.size(), '\0');
  REQUIRE(file.read_at(0, out.data(), out.size()) == out.size());
  return out;
}

void judge(sim::SimDisk& disk, Random& random, const Clock& clock, const Acknowledged& known) {
  const ImageStore store = store_on(disk, random, clock);
  REQUIRE(store.prepare().has_value());
  const auto images = store.list();
  REQUIRE_MESSAGE(images.has_value(), images.error().text());
  std::set<std::string> found;
  for (const ImageInfo& image : *images) {
    found.insert(image.key);
    const Bytes bytes = content_of(**store.open(image.key));
    CHECK(key_of_archive(bytes) == image.key);
    CHECK(image.size == bytes.size());
    CHECK(store.manifest(image.key)->name == image.name);
  }
  for (const std::string& key : known.present) CHECK(found.contains(key));
  for (const std::string& key : known.absent) CHECK(!found.contains(key));
  REQUIRE(store.clean().has_value());
  CHECK(disk.list("/data/cas/tmp")->empty());
  for (const Bytes& archive : archives()) {
    const auto key = store.import(source_of_bytes(archive), false);
    REQUIRE_MESSAGE(key.has_value(), key.error().text());
    CHECK(store.info(*key).has_value());
  }
}

TEST_CASE("after a loss of power each image is there wholly or not at all") {
  const uint64_t seed = test_seed();
  CAPTURE(seed);
  SeededRandom random(seed);
  const TestClock clock;
  sim::SimDisk whole;
  CHECK(work(store_on(whole, random, clock)).present.size() == 2);
  const uint64_t calls = whole.mutating_calls();
  CHECK(calls > 40);
  for (uint64_t call = 1; call <= calls; ++call) {
    CAPTURE(call);
    sim::SimDisk disk;
    disk.crash_at(call);
    const Acknowledged known = work(store_on(disk, random, clock));
    for (int i = 0; i < 3; ++i) {
      const auto copy = disk.clone();
      copy->power_loss(random);
      judge(*copy, random, clock, known);
    }
  }
}

TEST_CASE("when a call fails nothing is left, and the next attempt succeeds") {
  const uint64_t seed = test_seed();
  CAPTURE(seed);
  SeededRandom random(seed);
  const TestClock clock;
  sim::SimDisk whole;
  (void)work(store_on(whole, random, clock));
  const uint64_t calls = whole.mutating_calls();
  for (uint64_t call = 1; call <= calls; ++call) {
    CAPTURE(call);
    sim::SimDisk disk;
    disk.fail_at(call, ENOSPC);
    const Acknowledged known = work(store_on(disk, random, clock));
    disk.heal();
    judge(disk, random, clock, known);
  }
}

}  // namespace
}  // namespace argosy::rkt
