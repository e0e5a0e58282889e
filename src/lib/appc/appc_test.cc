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
#include "lib/appc/isolators.h"
#include "lib/appc/manifest.h"
#include "lib/appc/names.h"
#include "lib/appc/pod_manifest.h"

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

std::string answer_pod(std::string_view input) {
  const auto manifest = parse_pod_manifest(input);
  if (!manifest) return error_of(manifest.error());
  const std::string text = json::to_text(to_json(*manifest));
  CHECK(parse_pod_manifest(text) == *manifest);
  return text;
}

std::string answer_volume(std::string_view input) {
  const auto volume = parse_volume(input);
  if (!volume) return error_of(volume.error());
  PodManifest pod{.version = std::string(kSpecVersion), .apps = {}, .volumes = {*volume}};
  const std::string text = json::to_text(to_json(pod));
  CHECK(parse_pod_manifest(text) == pod);
  return json::to_text(*to_json(pod).find("volumes"));
}

std::string text_of(const std::optional<Resource>& resource, std::string_view name) {
  if (!resource) return {};
  const auto shown = [](const std::optional<Quantity>& quantity) {
    return quantity ? format("{}", quantity->millis()) : "-";
  };
  return format(" {}={}/{}", name, shown(resource->request), shown(resource->limit));
}

// An array of isolators, and what of it is understood.
std::string answer_isolators(std::string_view input) {
  const auto value = json::parse(format(R"({{"isolators":{}}})", input));
  REQUIRE(value.has_value());
  const auto isolators = read_isolators(image::Fields(*value));
  if (!isolators) return error_of(isolators.error());
  const auto read = read_isolation(*isolators);
  if (!read) return error_of(read.error());
  std::string out = "good";
  if (read->retained_capabilities) out += " retain=" + join(*read->retained_capabilities, ",");
  if (read->removed_capabilities) out += " remove=" + join(*read->removed_capabilities, ",");
  if (read->seccomp) {
    out += format(" seccomp={}:{}:{}", read->seccomp->retains ? "retain" : "remove",
                  join(read->seccomp->set, ","), read->seccomp->error);
  }
  if (read->selinux) out += " selinux=" + read->selinux->type;
  if (read->apparmor_profile) out += " apparmor=" + *read->apparmor_profile;
  if (read->no_new_privileges) out += " nnp";
  if (read->oom_score_adjust) out += format(" oom={}", *read->oom_score_adjust);
  if (read->cpu_shares) out += format(" shares={}", *read->cpu_shares);
  out += text_of(read->cpu, "cpu") + text_of(read->memory, "memory");
  out += text_of(read->block_iops, "iops") + text_of(read->block_bandwidth, "bandwidth");
  out += text_of(read->network_bandwidth, "network");
  for (const auto& [name, setting] : read->sysctl) out += format(" {}={}", name, setting);
  if (!read->unknown.empty()) out += " unknown=" + join(read->unknown, ",");
  return out;
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
TEST_CASE("pod manifests") {
  run_table("pods", answer_pod);
}
TEST_CASE("volumes as the command line has them") {
  run_table("volumes", answer_volume);
}
TEST_CASE("isolators") {
  run_table("isolators", answer_isolators);
}
TEST_CASE("quantities") {
  const auto millis = [](std::string_view text) { return Quantity::parse(text)->millis(); };
  const auto value = [](std::string_view text) { return Quantity::parse(text)->value(); };
  CHECK(millis("250m") == 250);
  CHECK(millis("0.5") == 500);
  CHECK(millis("1u") == 1);
  CHECK(millis("1.0000000001") == 1001);
  CHECK(value("1.5G") == 1'500'000'000);
  CHECK(value("64Mi") == 64 << 20);
  CHECK(value(".5Ki") == 512);
  CHECK(value("0.1Ki") == 103);
  CHECK(value("1K") == 1000);
  CHECK(value("2n") == 1);
  CHECK(value("-1.5") == -1);
  CHECK(value("+7Ei") == int64_t{7} << 60);
  CHECK(value("9223372036854775807") == INT64_MAX);
  CHECK(Quantity::parse("9223372036854775808").error().code() == Code::kOutOfRange);
  CHECK(Quantity::parse("8Ei").error().code() == Code::kOutOfRange);
  CHECK(Quantity::parse("").error().text() == "unable to parse numeric part of quantity");
  for (const char* bad : {".", "1.2.3", "x", "-", "m"}) CHECK(!Quantity::parse(bad).has_value());
  for (const char* bad : {"1Kb", "1 M", "1e3", "1ki", "1mm"}) {
    CHECK(Quantity::parse(bad).error().text() == "unable to parse quantity's suffix");
  }
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
