#include "lib/image/blobs/blobs.h"

#include <cerrno>
#include <doctest/doctest.h>

#include "base/format.h"
#include "sim/disk/sim_disk.h"

namespace argosy::image {
namespace {

struct Setup {
  Setup() { REQUIRE(disk.make_directories("/blobs", 0755).has_value()); }
  sim::SimDisk disk;
  SeededRandom random{1};
  Blobs blobs{disk, random, "/blobs", "/"};
};

TEST_CASE("what was put is read, listed and removed") {
  Setup setup;
  const Descriptor a = describe("t", "content a");
  const Descriptor b = describe("t", "");
  CHECK(!setup.blobs.has(a.digest));
  CHECK(setup.blobs.read(a).error().code() == Code::kNotFound);
  REQUIRE(setup.blobs.put(a, "content a").has_value());
  REQUIRE(setup.blobs.put(a, "content a").has_value());
  REQUIRE(setup.blobs.put(b, "").has_value());
  CHECK(setup.blobs.read(a) == "content a");
  CHECK(setup.blobs.read(b) == "");
  CHECK(setup.blobs.path_of(a.digest) == format("/blobs/sha256/{}", a.digest.encoded()));
  REQUIRE(replace_file(setup.disk, "/blobs/sha256/other", "x").has_value());
  CHECK(setup.blobs.list()->size() == 2);
  REQUIRE(setup.blobs.remove(a.digest).has_value());
  REQUIRE(setup.blobs.remove(a.digest).has_value());
  CHECK(setup.blobs.list() == std::vector<Digest>{b.digest});
  CHECK(setup.blobs.clean() == 0U);
}

TEST_CASE("lies about size and digest leave nothing") {
  Setup setup;
  const Descriptor good = describe("t", "content");
  Descriptor longer = good;
  longer.size = 8;
  CHECK(setup.blobs.put(longer, "content").error().text().find("7 bytes instead of 8") !=
        std::string::npos);
  CHECK(setup.blobs.put(good, "contenT").error().code() == Code::kDataLoss);
  CHECK(setup.blobs.put(good, "content and more").error().text().find("were announced") !=
        std::string::npos);
  {
    auto dropped = setup.blobs.begin(good.digest, 7);
    REQUIRE(dropped.has_value());
    REQUIRE(dropped->write("con").has_value());
  }
  CHECK(setup.disk.list("/") == std::vector<std::string>{"blobs"});
  CHECK(setup.blobs.list()->empty());
}

TEST_CASE("decay is seen") {
  Setup setup;
  const Descriptor good = describe("t", "content");
  REQUIRE(setup.blobs.put(good, "content").has_value());
  setup.disk.flip_bit(setup.blobs.path_of(good.digest), 3, 2);
  CHECK(setup.blobs.read(good).error().code() == Code::kDataLoss);
}

// A blob that has its name is whole, whenever the power goes; what was committed stays.
TEST_CASE("crashes at every call") {
  for (uint64_t at = 1;; ++at) {
    CAPTURE(at);
    Setup setup;
    const Descriptor first = describe("t", "the first");
    const Descriptor second = describe("t", std::string(5000, 's'));
    REQUIRE(setup.disk.sync_directory("/").has_value());
    REQUIRE(setup.blobs.put(first, "the first").has_value());
    setup.disk.crash_at(at);
    const bool was_put = setup.blobs.put(second, std::string(5000, 's')).has_value();
    const bool has_crashed = setup.disk.has_crashed();
    for (uint64_t seed = 0; seed < 8; ++seed) {
      const auto disk = setup.disk.clone();
      SeededRandom choice(at * 100 + seed);
      disk->power_loss(choice);
      const Blobs blobs(*disk, setup.random, "/blobs", "/");
      CHECK(blobs.read(first) == "the first");
      if (was_put) CHECK(blobs.has(second.digest));
      if (blobs.has(second.digest)) CHECK(blobs.read(second).has_value());
      REQUIRE(blobs.clean().has_value());
      CHECK(disk->list("/") == std::vector<std::string>{"blobs"});
      CHECK(blobs.put(second, std::string(5000, 's')).has_value());
      CHECK(blobs.list()->size() == 2);
    }
    if (!has_crashed) break;
  }
}

TEST_CASE("a full disk at every call leaves nothing but whole blobs") {
  for (uint64_t at = 1;; ++at) {
    CAPTURE(at);
    Setup setup;
    const Descriptor blob = describe("t", "content");
    const uint64_t before = setup.disk.mutating_calls();
    setup.disk.fail_at(at, ENOSPC);
    const auto result = setup.blobs.put(blob, "content");
    const uint64_t calls = setup.disk.mutating_calls() - before;
    setup.disk.heal();
    if (!result) CHECK(result.error().code() == Code::kResourceExhausted);
    if (setup.blobs.has(blob.digest)) CHECK(setup.blobs.read(blob) == "content");
    REQUIRE(setup.blobs.clean().has_value());
    CHECK(setup.disk.list("/") == std::vector<std::string>{"blobs"});
    CHECK(setup.blobs.put(blob, "content").has_value());
    if (result && calls < at) break;
  }
}

}  // namespace
}  // namespace argosy::image
