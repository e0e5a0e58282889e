// testdata/images.txt: an argument, and below it what it is. ARGOSY_REWRITE=1 writes the answers
// anew.
#include "parts/rkt/arguments/image_argument.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/format.h"

namespace argosy::rkt {
namespace {

Result<ImageArgument> parse(std::string_view text) {
  return parse_image_argument(text, "/home/core",
                              [](const std::string& path) { return path == "downloads/etcd"; });
}

std::string answer(std::string_view input) {
  const auto image = parse(input);
  if (!image) return "ERROR " + image.error().text();
  const std::string canonical = image->canonical();
  CHECK(parse(canonical)->canonical() == canonical);
  constexpr std::string_view kKinds[] = {"hash", "archive", "docker", "name"};
  std::string out = format("{} {}", kKinds[static_cast<size_t>(image->kind)], image->canonical());
  if (!image->path().empty()) out += " " + image->path();
  return out;
}

TEST_CASE("images on the command line") {
  std::ifstream file("testdata/images.txt");
  REQUIRE(file.good());
  std::string out;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("  ")) continue;
    out += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    out += "  " + answer(line) + "\n";
  }
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream("testdata/images.txt") << out;
    return;
  }
  std::stringstream whole;
  whole << std::ifstream("testdata/images.txt").rdbuf();
  CHECK(whole.str() == out);
  CHECK(!parse("").has_value());
}

TEST_CASE("a name gets the labels of this machine, but keeps its own") {
  auto plain = parse_image_name("example.com/a");
  complete_labels(*plain);
  CHECK(*appc::find(plain->labels, "os") == "linux");
  CHECK(appc::find(plain->labels, "arch") != nullptr);
  auto foreign = parse_image_name("example.com/a,os=freebsd,arch=arm");
  complete_labels(*foreign);
  CHECK(foreign->canonical() == "cimd:appc:v=0:example.com/a?arch=arm&os=freebsd");
}

}  // namespace
}  // namespace argosy::rkt
