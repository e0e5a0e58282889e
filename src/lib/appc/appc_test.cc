// testdata/*.txt: a line of input, and below it what is made of it. ARGOSY_REWRITE=1 writes
// the answers anew.
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <functional>
#include <sstream>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/convert.h"
#include "lib/appc/manifest.h"
#include "lib/appc/names.h"

namespace argosy::appc {
namespace {

std::string error_of(const Error& error) {
  return "ERROR " + error.text();
}
std::string verdict(const Result<void>& result) {
  return result ? "good" : error_of(result.error());
}

std::string answer_manifest(std::string_view input) {
  const auto manifest = parse_image_manifest(input);
  if (!manifest) return error_of(manifest.error());
  const std::string text = json::to_text(to_json(*manifest));
  CHECK(parse_image_manifest(text) == *manifest);
  return text;
}

std::string answer_name(std::string_view input) {
  const auto identifier = sanitized_identifier(input);
  const auto name = sanitized_name(input);
  if (identifier) CHECK(judge_identifier(*identifier).has_value());
  if (name) CHECK(judge_name(*name).has_value());
  return format("{} | {} | {} | {}", verdict(judge_identifier(input)), verdict(judge_name(input)),
                identifier ? *identifier : error_of(identifier.error()),
                name ? *name : error_of(name.error()));
}

// "REFERENCE CONFIG"
std::string answer_conversion(std::string_view input) {
  const auto sides = cut(input, " ");
  REQUIRE(sides.has_value());
  const auto reference = image::parse_reference(sides->first);
  const auto config = image::parse_config(sides->second);
  REQUIRE(reference.has_value());
  REQUIRE_MESSAGE(config.has_value(), config.error().text());
  const Origin origin{
      .original_name = std::string(sides->first),
      .reference = *reference,
      .manifest_digest = {},
      .top_layer = config->diff_ids.empty() ? image::Digest() : config->diff_ids.back()};
  const auto manifest = convert(*config, origin);
  if (!manifest) return error_of(manifest.error());
  return archive_name(origin, *config) + " " + json::to_text(to_json(*manifest));
}

void run_table(const std::string& name,
               const std::function<std::string(std::string_view)>& answer) {
  const std::string path = "testdata/" + name + ".txt";
  std::ifstream file(path);
  REQUIRE(file.good());
  std::string out;
  size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("  ")) continue;
    out += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    ++rows;
    out += "  " + answer(line == "(empty)" ? std::string_view() : line) + "\n";
  }
  CHECK(rows > 3);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream(path) << out;
    return;
  }
  std::stringstream whole;
  whole << std::ifstream(path).rdbuf();
  CHECK(whole.str() == out);
}

TEST_CASE("image manifests") {
  run_table("manifests", answer_manifest);
}
TEST_CASE("identifiers, names, and what they are made from") {
  run_table("names", answer_name);
}
TEST_CASE("conversion of Docker's images") {
  run_table("conversions", answer_conversion);
}

TEST_CASE("versions") {
  for (const char* good : {"0.8.11", "1.0.0", "0.0.1", "1.2.3-a.1+b.01", "0.5.1+git"}) {
    CHECK_MESSAGE(judge_version(good).has_value(), good);
  }
  CHECK(judge_version("0.0.0").error().text() == "SemVer cannot be zero");
  for (const char* bad : {"", "1", "1.2", "1.2.3.4", "01.2.3", "1.2.x", "1.2.3-", "1.2.3-01",
                          "1.2.3+", "v1.2.3", "1.2.3-a..b", "-1.2.3", "1.+2.3"}) {
    CHECK_MESSAGE(!judge_version(bad).has_value(), bad);
  }
}

TEST_CASE("hashes") {
  CHECK(judge_hash("sha512-0a").has_value());
  CHECK(judge_hash("sha256-0a").error().text() == "unrecognized hash type: sha256");
  CHECK(judge_hash("sha512").error().text() == "badly formatted hash string");
  CHECK(judge_hash("sha512-").error().text() == "unexpected empty hash value");
  CHECK(judge_hash("-0a").error().text() == "unexpected empty hash type");
  CHECK(judge_hash("sha512-../x").error().text() == "badly formatted hash string");
}

TEST_CASE("Go's names of machines are appc's") {
  CHECK(appc_os_arch("linux", "amd64", "") == OsArch{"linux", "amd64"});
  CHECK(appc_os_arch("linux", "arm64", "v8") == OsArch{"linux", "aarch64"});
  CHECK(appc_os_arch("linux", "arm", "v7") == OsArch{"linux", "armv7l"});
  CHECK(appc_os_arch("linux", "386", "") == OsArch{"linux", "i386"});
  CHECK(appc_os_arch("linux", "riscv64", "").error().text() ==
        R"(unknown arch tuple: "linux" - "riscv64" - "")");
  CHECK(!appc_os_arch("linux", "arm", "v9").has_value());
}

}  // namespace
}  // namespace argosy::appc
