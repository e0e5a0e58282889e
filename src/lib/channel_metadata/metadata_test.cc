#include "lib/channel_metadata/metadata.h"

#include <doctest/doctest.h>

#include "base/text.h"
#include "lib/channel_metadata/example_test.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

using namespace argosy;
using namespace argosy::channel_metadata;

namespace {

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  REQUIRE_MESSAGE(at != std::string::npos, from);
  return text.replace(at, from.size(), to);
}

Offer target_offer() {
  return {.current_version = "2.0.0",
          .version = "3.0.0",
          .package = "three.gz",
          .size = 30,
          .sha256 = Bytes(32, '\x5a'),
          .is_delta = false};
}

std::string refusal(const Metadata& metadata, const Offer& offer) {
  const auto permitted = permits(metadata, offer);
  if (permitted) return "";
  CHECK(permitted.error().code() == Code::kPermissionDenied);
  return permitted.error().message();
}

}  // namespace

TEST_CASE("the one text of a document, byte by byte") {
  Document document{.signatures = {{std::string(64, 'a'), "sig"}}, .metadata = example()};
  const auto golden = read_file(real_disk(), "testdata/example.json");
  REQUIRE(golden);
  CHECK(to_text(document) + "\n" == *golden);
  const auto read = parse(to_text(document));
  REQUIRE_MESSAGE(read, read.error().text());
  CHECK(*read == document);
}

// Lines "what to replace | by what | a part of the refusal".
TEST_CASE("a document with anything wrong is refused") {
  const std::string good = to_text({.signatures = {{"k", "sig"}}, .metadata = example()});
  const auto table = read_file(real_disk(), "testdata/bad.txt");
  REQUIRE(table);
  size_t lines = 0;
  for (const std::string_view line : split(*table, '\n')) {
    if (line.empty() || line.starts_with('#')) continue;
    ++lines;
    CAPTURE(line);
    const auto first = cut(line, " | ");
    REQUIRE(first);
    const auto second = cut(first->second, " | ");
    REQUIRE(second);
    const auto read = parse(replaced(good, first->first, second->first));
    REQUIRE_FALSE(read);
    CHECK(read.error().code() == Code::kInvalidArgument);
    CHECK_MESSAGE(read.error().text().find(second->second) != std::string::npos,
                  read.error().text());
  }
  CHECK(lines > 30);
  CHECK_FALSE(parse(std::string(kMaxTextBytes + 1, ' ')));
}

TEST_CASE("any byte changed, added or lost makes another document or none") {
  const Document document{.signatures = {{"k", "sig"}}, .metadata = example()};
  const std::string good = to_text(document);
  SeededRandom random(1);
  for (int i = 0; i < 3000; ++i) {
    std::string bad = good;
    const size_t at = random.below(bad.size());
    if (random.chance(3)) {
      bad.erase(at, 1 + random.below(5));
    } else if (random.chance(2)) {
      bad.insert(at, 1, static_cast<char>(random.below(256)));
    } else {
      bad[at] = static_cast<char>(bad[at] ^ static_cast<char>(1 + random.below(255)));
    }
    CAPTURE(bad);
    const auto read = parse(bad);
    if (bad != good && read) CHECK_FALSE(*read == document);
  }
}

TEST_CASE("what is offered has to be what the channel says") {
  const Metadata metadata = example();
  CHECK(refusal(metadata, target_offer()) == "");
  Offer offer = target_offer();
  offer.version = "4.0.0";
  CHECK(refusal(metadata, offer) == "channel stable (amd64, document 7) has no release \"4.0.0\"");
  offer = target_offer();
  offer.size = 31;
  CHECK(refusal(metadata, offer).find("the size or the digest differs") != std::string::npos);
  offer = target_offer();
  offer.sha256[31] ^= 1;
  CHECK(refusal(metadata, offer).find("the size or the digest differs") != std::string::npos);
  offer = target_offer();
  offer.package = "two.gz";
  CHECK(refusal(metadata, offer).find("has no package \"two.gz\" for 3.0.0") != std::string::npos);
}

TEST_CASE("a delta fits the version that it starts at only") {
  Offer offer = target_offer();
  offer.package = "delta.gz";
  offer.size = 3;
  offer.is_delta = true;
  CHECK(refusal(example(), offer) == "");
  offer.is_delta = false;
  CHECK(refusal(example(), offer).find("has no package") != std::string::npos);
  offer.is_delta = true;
  offer.current_version = "2.0.1";
  CHECK(refusal(example(), offer).find("has no delta") != std::string::npos);
  offer.current_version = "";
  CHECK(refusal(example(), offer).find("has no delta") != std::string::npos);
}

TEST_CASE("floors are not passed over, and the way down needs leave") {
  Offer offer = target_offer();
  offer.current_version = "1.0.0";
  CHECK(refusal(example(), offer).find("a floor at 2.0.0") != std::string::npos);
  const Offer step{"1.0.0", "2.0.0", "two.gz", 20, Bytes(32, '\x5a'), false};
  CHECK(refusal(example(), step) == "");

  offer.current_version = "3.1.0";
  CHECK(refusal(example(), offer).find("no way down from 3.1.0 to 3.0.0") != std::string::npos);
  Metadata rolled = example();
  rolled.is_rollback_allowed = true;
  CHECK(refusal(rolled, offer) == "");
  // Leave is for the target, not for any old release.
  Offer deep = step;
  deep.current_version = "3.1.0";
  CHECK(refusal(rolled, deep).find("no way down") != std::string::npos);
}

TEST_CASE("a channel goes by its name and by what its groups are called") {
  Metadata metadata = example();
  metadata.groups = {"9a2deb70-37be-4026-853f-bfdd6b347bbe", "canary"};
  const Document document{.signatures = {}, .metadata = metadata};
  const auto read = parse(to_text(document));
  REQUIRE_MESSAGE(read, read.error().text());
  CHECK(*read == document);
  CHECK(to_text(document).find(R"("arch":"amd64","groups":["9a2deb70-37be-4026-853f-bfdd6b347bbe",)"
                               R"("canary"],"sequence":7)") != std::string::npos);
  for (const char* track : {"stable", "canary", "9a2deb70-37be-4026-853f-bfdd6b347bbe",
                            "{9A2DEB70-37BE-4026-853F-BFDD6B347BBE}"}) {
    CAPTURE(track);
    CHECK(is_track_of(metadata, track));
  }
  for (const char* track : {"", "beta", "{}", "Stable", "9a2deb70-37be-4026-853f-bfdd6b347bbf"}) {
    CAPTURE(track);
    CHECK_FALSE(is_track_of(metadata, track));
  }
}

TEST_CASE("names of applications and boards") {
  CHECK(is_same_application("{E96281A6-D1AF}", "e96281a6-d1af"));
  CHECK_FALSE(is_same_application("a", "b"));
  CHECK(arch_of_board("amd64-usr") == "amd64");
  CHECK(arch_of_board("arm64-usr") == "aarch64");
  CHECK(arch_of_board("riscv") == "riscv");
}
