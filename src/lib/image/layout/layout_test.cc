#include "lib/image/layout/layout.h"

#include <cerrno>
#include <doctest/doctest.h>

#include "base/format.h"
#include "lib/image/media_type.h"
#include "sim/disk/sim_disk.h"

namespace argosy::image {
namespace {

const Platform kHost{.architecture = "amd64", .os = "linux"};

struct Setup {
  sim::SimDisk disk;
  SeededRandom random{1};
};

Layout must_create(Setup& setup) {
  auto layout = Layout::create(setup.disk, setup.random, "/images");
  REQUIRE_MESSAGE(layout.has_value(), layout.error().text());
  return *std::move(layout);
}

// An image of one layer with that content.
Result<Descriptor> add_image(const Layout& layout, const std::string& content,
                             const Platform& platform = kHost) {
  const Descriptor layer = describe(kOciLayer, content);
  TRY(layout.blobs().put(layer, content));
  return layout.write({.platform = platform, .diff_ids = {layer.digest}}, {layer});
}

TEST_CASE("an image is written, tagged, found and read") {
  Setup setup;
  const Layout layout = must_create(setup);
  CHECK(read_file(setup.disk, "/images/oci-layout") == R"({"imageLayoutVersion":"1.0.0"})");
  const auto first = add_image(layout, "one");
  REQUIRE_MESSAGE(first.has_value(), first.error().text());
  REQUIRE(layout.tag(*first, "latest").has_value());
  const auto found = layout.find("", kHost);
  REQUIRE(found.has_value());
  const auto image = layout.read(*found);
  REQUIRE_MESSAGE(image.has_value(), image.error().text());
  CHECK(image->config.diff_ids == std::vector<Digest>{digest_of("one")});
  CHECK(image->manifest.layers.size() == 1);

  const auto second = add_image(layout, "two");
  REQUIRE(layout.tag(*second, "v2").has_value());
  CHECK(layout.find("", kHost).error().text() == "/images has 2 images: one must be named");
  CHECK(layout.find("v2", kHost)->digest == second->digest);
  CHECK(layout.find("v3", kHost).error().code() == Code::kNotFound);
  REQUIRE(layout.tag(*second, "latest").has_value());
  CHECK(layout.find("latest", kHost)->digest == second->digest);
  CHECK(layout.index()->manifests.size() == 2);
  const auto again = Layout::open(setup.disk, setup.random, "/images");
  REQUIRE(again.has_value());
  CHECK(again->index().value() == layout.index().value());
}

TEST_CASE("indexes lead to the host's platform") {
  Setup setup;
  const Layout layout = must_create(setup);
  const Platform arm{.architecture = "arm64", .os = "linux"};
  Index index{.media_type = std::string(kOciIndex)};
  index.manifests = {*add_image(layout, "for arm", arm), *add_image(layout, "for amd")};
  const std::string text = json::to_text(to_json(index));
  const Descriptor descriptor = describe(kOciIndex, text);
  REQUIRE(layout.blobs().put(descriptor, text).has_value());
  REQUIRE(layout.tag(descriptor, "many").has_value());
  CHECK(layout.find("many", arm)->digest == index.manifests[0].digest);
  CHECK(layout.find("many", kHost)->digest == index.manifests[1].digest);
  CHECK(layout.find("many", {.architecture = "s390x", .os = "linux"}).error().text() ==
        "no image for linux/s390x");
}

TEST_CASE("what is no layout is refused") {
  Setup setup;
  const auto refusal = [&](std::string_view marker) {
    REQUIRE(setup.disk.make_directories("/x", 0755).has_value());
    REQUIRE(replace_file(setup.disk, "/x/oci-layout", marker).has_value());
    return Layout::open(setup.disk, setup.random, "/x").error().text();
  };
  CHECK(!Layout::open(setup.disk, setup.random, "/nowhere").has_value());
  CHECK(refusal(R"({"imageLayoutVersion":"2.0.0"})") ==
        "/x is no OCI layout: its version is \"2.0.0\"");
  CHECK(refusal("{}") == "/x is no OCI layout: its version is \"\"");
  CHECK(refusal("x").starts_with("/x is no OCI layout: not JSON"));
}

TEST_CASE("images that contradict themselves are refused") {
  Setup setup;
  const Layout layout = must_create(setup);
  const Descriptor layer = describe(kOciLayer, "layer");
  CHECK(layout.write({.diff_ids = {layer.digest}}, {layer}).error().code() ==
        Code::kFailedPrecondition);
  REQUIRE(layout.blobs().put(layer, "layer").has_value());
  CHECK(layout.write({.diff_ids = {}}, {layer}).error().text() == "1 layers, but 0 diff_ids");
  Descriptor odd = layer;
  odd.media_type = "text/html";
  CHECK(!layout.write({.diff_ids = {layer.digest}}, {odd}).has_value());

  // A manifest that is announced as an index, and one whose configuration is something else.
  const auto good = add_image(layout, "layer");
  Descriptor confused = *good;
  confused.media_type = kDockerManifest;
  CHECK(!layout.read(confused).has_value());
  const Manifest artifact{.media_type = std::string(kOciManifest),
                          .artifact_type = "application/x",
                          .config = empty_descriptor()};
  const std::string text = json::to_text(to_json(artifact));
  REQUIRE(layout.blobs().put(describe(kOciManifest, text), text).has_value());
  CHECK(layout.read(describe(kOciManifest, text)).error().text().find("not an image") !=
        std::string::npos);
}

TEST_CASE("decay of any document is seen") {
  Setup setup;
  const Layout layout = must_create(setup);
  const auto descriptor = add_image(layout, "layer");
  const auto image = layout.read(*descriptor);
  REQUIRE(image.has_value());
  for (const Digest& digest : {descriptor->digest, image->manifest.config.digest}) {
    setup.disk.flip_bit(layout.blobs().path_of(digest), 10, 1);
    CHECK(layout.read(*descriptor).error().code() == Code::kDataLoss);
    setup.disk.flip_bit(layout.blobs().path_of(digest), 10, 1);
  }
  CHECK(layout.read(*descriptor).has_value());
}

TEST_CASE("collecting removes what nothing leads to, every byte of it") {
  Setup setup;
  const Layout layout = must_create(setup);
  const auto kept = add_image(layout, "kept");
  REQUIRE(layout.tag(*kept, "kept").has_value());
  REQUIRE(add_image(layout, "dropped").has_value());
  REQUIRE(replace_file(setup.disk, "/images/.blob-0123", "left behind").has_value());
  CHECK(layout.blobs().list()->size() == 6);
  CHECK(layout.collect() == 4U);
  CHECK(layout.blobs().list()->size() == 3);
  CHECK(layout.read(*kept).has_value());
  CHECK(layout.collect() == 0U);
  // An unreadable document might refer to anything.
  setup.disk.flip_bit(layout.blobs().path_of(kept->digest), 10, 1);
  CHECK(!layout.collect().has_value());
  CHECK(layout.blobs().list()->size() == 3);
}

// At every call of adding and tagging a second image the power goes: the first stays, and
// what is tagged is whole.
TEST_CASE("crashes at every call") {
  for (uint64_t at = 1;; ++at) {
    CAPTURE(at);
    Setup setup;
    const Layout layout = must_create(setup);
    REQUIRE(setup.disk.sync_directory("/").has_value());
    REQUIRE(layout.tag(*add_image(layout, "first"), "first").has_value());
    setup.disk.crash_at(at);
    const auto added = add_image(layout, "second");
    const bool was_tagged = added && layout.tag(*added, "second").has_value();
    const bool has_crashed = setup.disk.has_crashed();
    for (uint64_t seed = 0; seed < 4; ++seed) {
      const auto disk = setup.disk.clone();
      SeededRandom choice(at * 100 + seed);
      disk->power_loss(choice);
      const auto after = Layout::open(*disk, setup.random, "/images");
      REQUIRE_MESSAGE(after.has_value(), after.error().text());
      CHECK(after->read(*after->find("first", kHost)).has_value());
      const auto second = after->find("second", kHost);
      if (was_tagged) CHECK(second.has_value());
      if (second) {
        CHECK(after->read(*second).has_value());
        CHECK(after->blobs().has(digest_of("second")));
      }
      REQUIRE(after->collect().has_value());
      CHECK(after->blobs().list()->size() == (second ? 6 : 3));
    }
    if (!has_crashed) break;
  }
}

TEST_CASE("crashes at every call of making a layout") {
  for (uint64_t at = 1;; ++at) {
    CAPTURE(at);
    Setup setup;
    setup.disk.crash_at(at);
    const bool was_made = Layout::create(setup.disk, setup.random, "/images").has_value();
    const bool has_crashed = setup.disk.has_crashed();
    SeededRandom choice(at);
    setup.disk.power_loss(choice);
    if (was_made) CHECK(Layout::open(setup.disk, setup.random, "/images").has_value());
    const auto layout = Layout::create(setup.disk, setup.random, "/images");
    REQUIRE_MESSAGE(layout.has_value(), layout.error().text());
    CHECK(layout->index()->manifests.empty());
    if (!has_crashed) break;
  }
}

}  // namespace
}  // namespace argosy::image
