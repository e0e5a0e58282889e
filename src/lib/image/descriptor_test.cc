#include "lib/image/descriptor.h"

#include <doctest/doctest.h>

#include "lib/image/manifest.h"
#include "lib/image/media_type.h"

namespace argosy::image {
namespace {

Descriptor candidate(std::string_view type, std::string_view platform) {
  Descriptor out = empty_descriptor();
  out.media_type = type;
  if (platform.empty()) return out;
  out.platform = Platform{.architecture = std::string(platform), .os = "linux"};
  if (const size_t slash = platform.find('/'); slash != std::string_view::npos) {
    out.platform->architecture = platform.substr(0, slash);
    out.platform->variant = platform.substr(slash + 1);
  }
  return out;
}

Platform host(std::string_view architecture, std::string_view variant = {}) {
  return {
      .architecture = std::string(architecture), .os = "linux", .variant = std::string(variant)};
}

TEST_CASE("the first of the best platform is chosen") {
  const std::vector<Descriptor> from{
      candidate("application/x-unknown", "amd64"),
      candidate(kOciManifest, "arm64/v8"),
      candidate(kOciManifest, "arm/v5"),
      candidate(kOciManifest, "arm/v6"),
      candidate(kOciManifest, "amd64"),
      candidate(kDockerManifest, "amd64"),
      candidate(kOciManifest, "amd64/v3"),
      candidate(kOciManifest, "riscv64"),
  };
  CHECK(choose(from, host("amd64")) == &from[4]);
  CHECK(choose(from, host("amd64", "v2")) == &from[4]);
  CHECK(choose(from, host("amd64", "v4")) == &from[6]);
  CHECK(choose(from, host("arm64")) == &from[1]);
  CHECK(choose(from, host("arm")) == &from[3]);
  CHECK(choose(from, host("arm", "v5")) == &from[2]);
  CHECK(choose(from, host("riscv64")) == &from[7]);
  CHECK(choose(from, host("s390x")) == nullptr);
  CHECK(choose(from, Platform{.architecture = "amd64", .os = "freebsd"}) == nullptr);
}

TEST_CASE("what names no platform is the last resort") {
  const std::vector<Descriptor> from{candidate(kOciLayer, ""), candidate(kOciManifest, ""),
                                     candidate(kOciManifest, "arm64")};
  CHECK(choose(from, host("amd64")) == &from[1]);
  CHECK(choose(from, host("arm64")) == &from[2]);
  CHECK(choose({}, host("amd64")) == nullptr);
}

TEST_CASE("the expected type counts when the document says none, and must agree") {
  const std::string index = R"({"schemaVersion":2,"manifests":[]})";
  CHECK(parse_index(index)->media_type == kOciIndex);
  CHECK(parse_index(index, kDockerList)->media_type == kDockerList);
  CHECK(parse_index(index, "application/json")->media_type == kOciIndex);
  CHECK(!parse_document_of(index, kOciManifest).has_value());
  CHECK(!parse_manifest(index).has_value());
  const auto typed = std::string(R"({"schemaVersion":2,"mediaType":")") + std::string(kOciIndex) +
                     R"(","manifests":[]})";
  CHECK(parse_index(typed, kOciIndex).has_value());
  const auto confused = parse_index(typed, kDockerList);
  REQUIRE(!confused.has_value());
  CHECK(confused.error().text().find("but \"application/vnd.docker.") != std::string::npos);
}

TEST_CASE("a document larger than a registry takes is refused") {
  std::string text = R"({"schemaVersion":2,"manifests":[],"x":")";
  text.append(kMaxDocumentBytes, 'x');
  const auto refused = parse_document_of(text + "\"}");
  REQUIRE(!refused.has_value());
  CHECK(refused.error().text().find("at most 4194304") != std::string::npos);
}

}  // namespace
}  // namespace argosy::image
