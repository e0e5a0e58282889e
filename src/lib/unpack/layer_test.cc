#include "lib/unpack/layer.h"

#include "lib/image/content/hasher.h"
#include "lib/unpack/tree_test.h"

namespace argosy::unpack {
namespace {

compress::Decoder::Source source_of(BytesView bytes, size_t piece = 10'000) {
  return [bytes, piece]() mutable -> Result<BytesView> {
    const BytesView out = bytes.substr(0, piece);
    bytes.remove_prefix(out.size());
    return out;
  };
}

// More than the ring holds, so that it goes round.
Bytes large_archive() {
  std::vector<Item> items;
  for (int i = 0; i < 30; ++i) {
    items.push_back(file(format("d{}/f", i % 7) + std::to_string(i),
                         Bytes(300'000, static_cast<char>('a' + i % 26))));
  }
  return archive_of(items);
}

TEST_CASE("a layer is unpacked and verified") {
  const Sandbox sandbox;
  const Bytes archive = large_archive();
  const auto digest = image::digest_of(archive);
  for (const size_t piece : std::initializer_list<size_t>{1 << 20, 4096, 777}) {
    const auto result = unpack_layer({.source = source_of(archive, piece),
                                      .digest = digest,
                                      .size = archive.size(),
                                      .diff_id = digest},
                                     sandbox.fd(), {});
    REQUIRE_MESSAGE(result.has_value(), result.error().text());
    CHECK(result->archive_size == archive.size());
    CHECK(result->diff_id == digest);
    CHECK(result->files.entries == 30);
    CHECK(lines_of(sandbox).size() == 37);
  }
}

TEST_CASE("lies about size and digest") {
  const Sandbox sandbox;
  const Bytes archive = large_archive();
  const auto good = image::digest_of(archive);
  const auto other = image::digest_of("other");
  const auto refusal = [&](Layer layer) {
    layer.source = source_of(archive);
    const auto result = unpack_layer(std::move(layer), sandbox.fd(), {});
    REQUIRE(!result.has_value());
    CHECK(result.error().code() == Code::kDataLoss);
    return result.error().text();
  };
  CHECK(refusal({.digest = other}).starts_with("the layer: its digest is " + good.text()));
  CHECK(refusal({.diff_id = other}).starts_with("the unpacked layer: its digest is "));
  CHECK(refusal({.size = archive.size() + 1}).find(" bytes instead of ") != std::string::npos);
  CHECK(refusal({.size = 20'000}).find("more than the 20000 bytes that were announced") !=
        std::string::npos);
}

TEST_CASE("a source that fails, and an archive that is hostile, end it at once") {
  const Sandbox sandbox;
  const Bytes archive = large_archive();
  const auto interrupted = unpack_layer(
      {.source = [&, source = source_of(archive), left = 5]() mutable -> Result<BytesView> {
        if (left-- == 0) return fail(Code::kUnavailable, "the line is down");
        return source();
      }},
      sandbox.fd(), {});
  CHECK(interrupted.error().text() == "the line is down");
  const Bytes hostile = archive_of({file("../x", "1")}) + Bytes(20 << 20, 'x');
  const auto refused = unpack_layer({.source = source_of(hostile)}, sandbox.fd(), {});
  CHECK(refused.error().text() == "\"../x\": \"../x\": leads out of the tree");
  CHECK(!unpack_layer({.source = source_of("no archive at all")}, sandbox.fd(), {}).has_value());
}

TEST_CASE("what an algorithm can't verify is not unpacked") {
  const Sandbox sandbox;
  const auto refused = unpack_layer(
      {.source = source_of(""), .digest = *image::Digest::parse("blake3:abc")}, sandbox.fd(), {});
  CHECK(refused.error().code() == Code::kUnimplemented);
}

TEST_CASE("layers at once, each in its own directory") {
  const Sandbox sandbox;
  const Bytes archive = large_archive();
  std::vector<Job> jobs;
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    const std::string path = sandbox.root() + "/" + name;
    REQUIRE(::mkdir(path.c_str(), 0755) == 0);
    jobs.push_back({.layer = {.source = source_of(archive)}, .directory = path});
  }
  const auto results = unpack_layers(jobs, {}, 3);
  REQUIRE_MESSAGE(results.has_value(), results.error().text());
  CHECK(results->size() == 5);
  for (const Unpacked& each : *results) CHECK(each.diff_id == image::digest_of(archive));
  jobs[2].directory += "/missing";
  CHECK(unpack_layers(jobs, {}, 2).error().text().starts_with("layer 3: open "));
}

}  // namespace
}  // namespace argosy::unpack
