// testdata/files.txt: a sub-directory and a file's text, and below it what it says. A line after
// another one without an empty line between them is in the same directory. ARGOSY_REWRITE=1 writes
// the answers anew.
#include "parts/rkt/config/config.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "sim/disk/sim_disk.h"

namespace argosy::rkt {
namespace {

TEST_CASE("files") {
  std::ifstream file("testdata/files.txt");
  REQUIRE(file.good());
  std::string out;
  Config config;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("  ")) continue;
    out += line + "\n";
    if (line.empty()) config = {};
    if (line.empty() || line.starts_with("#")) continue;
    const auto sides = cut(line, " ");
    REQUIRE(sides.has_value());
    const auto added = add_file(config, sides->first, sides->second);
    out +=
        "  " + (added ? json::to_text(config.to_json()) : "ERROR " + added.error().text()) + "\n";
  }
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream("testdata/files.txt") << out;
    return;
  }
  std::stringstream whole;
  whole << std::ifstream("testdata/files.txt").rdbuf();
  CHECK(whole.str() == out);
}

void put(Disk& disk, const std::string& path, std::string_view text) {
  REQUIRE(disk.make_directories(parent_path(path), 0755).has_value());
  REQUIRE(replace_file(disk, path, text).has_value());
}

std::string paths(std::string_view data) {
  return R"({"rktKind":"paths","rktVersion":"v1","data":")" + std::string(data) + R"("})";
}

TEST_CASE("later directories override key by key") {
  sim::SimDisk disk;
  const std::string basic =
      R"({"rktKind":"auth","rktVersion":"v1","domains":["a","b"],"type":"basic",)"
      R"("credentials":{"user":"u","password":"1"}})";
  const std::string token = R"({"rktKind":"auth","rktVersion":"v1","domains":["b"],"type":"oauth",)"
                            R"("credentials":{"token":"t"}})";
  put(disk, "/usr/auth.d/a.json", basic);
  put(disk, "/etc/auth.d/a.json", token);
  put(disk, "/usr/paths.d/p.json", paths("/usr-data"));
  put(disk, "/etc/paths.d/p.json", paths("/etc-data"));
  put(disk, "/etc/paths.d/notes.txt", "not read");
  put(disk, "/etc/paths.d/below/p.json", "not read");
  const auto config = load_config(disk, {"/usr", "/etc", "/missing"});
  REQUIRE_MESSAGE(config.has_value(), config.error().text());
  CHECK(config->data_directory == "/etc-data");
  CHECK(config->auth.at("a").user == "u");
  CHECK(config->auth.at("b").token == "t");
  put(disk, "/etc/paths.d/q.json", paths("/again"));
  CHECK(load_config(disk, {"/etc"}).error().text() ==
        "/etc/paths.d/q.json: data path is already specified");
}

}  // namespace
}  // namespace argosy::rkt
