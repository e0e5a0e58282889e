#include "lib/unpack/extract.h"

#include <algorithm>
#include <cstdlib>

#include "lib/unpack/path.h"
#include "lib/unpack/tree_test.h"
#include "sys/random/random.h"

namespace argosy::unpack {
namespace {

using Lines = std::vector<std::string>;

Result<Extracted> extract_to(const Sandbox& sandbox, const std::vector<Item>& items,
                             const Options& options = {}) {
  const Bytes archive = archive_of(items);
  BytesView rest = archive;
  tar::Reader reader([&] { return Result<BytesView>(std::exchange(rest, {})); });
  return extract(reader, sandbox.fd(), options);
}

void must_extract(const Sandbox& sandbox, const std::vector<Item>& items,
                  const Options& options = {}) {
  const auto result = extract_to(sandbox, items, options);
  REQUIRE_MESSAGE(result.has_value(), result.error().text());
}

bool is_root() {
  return ::geteuid() == 0;
}

TEST_CASE("names become places below the root") {
  CHECK(place_of("usr/lib/x")->path() == "usr/lib/x");
  CHECK(place_of("/usr//./lib/x/")->parent == "usr/lib");
  CHECK(place_of("./x")->name == "x");
  for (const char* root : {"", ".", "/", "./", "//"}) CHECK(place_of(root)->name.empty());
  for (const char* bad : {"..", "../x", "a/../b", "/..", "a/.."}) CHECK(!place_of(bad).has_value());
  CHECK(!place_of(std::string_view("a\0b", 3)).has_value());
  CHECK(place_of("...")->name == "...");
}

TEST_CASE("files of all kinds, with their attributes") {
  const Sandbox sandbox;
  Item capable = file("bin/tool", "elf", 04755);
  capable.entry.xattrs["user.note"] = "kept";
  capable.entry.xattrs["user.overlay.redirect"] = "dropped";
  capable.entry.xattrs["security.selinux"] = "dropped";
  Item dated = directory("dated", 0750);
  dated.entry.mtime_nanoseconds = 5;
  const auto result = extract_to(
      sandbox, {directory("./", 0711), dated, file("dated/x", "1"), capable,
                hard_link("bin/again", "bin/tool"), symlink("bin/link", "/etc/nothing"),
                item(tar::Type::kFifo, "fifo", {}, 0600), file("deep/er/file", "2", 0400)});
  REQUIRE_MESSAGE(result.has_value(), result.error().text());
  CHECK(result->entries == 8);
  CHECK(result->bytes == 5);
  CHECK(result->dropped_xattrs == 2);
  CHECK(lines_of(sandbox) == Lines{"bin/ 755", "bin/again 4755 elf", "bin/link -> /etc/nothing",
                                   "bin/tool 4755 elf", "dated/ 750", "dated/x 644 1", "deep/ 755",
                                   "deep/er/ 755", "deep/er/file 400 2", "fifo 600 fifo"});
  struct stat info{};
  REQUIRE(::fstat(sandbox.fd(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0711);
  REQUIRE(::lstat((sandbox.root() + "/dated").c_str(), &info) == 0);
  CHECK(info.st_mtim.tv_sec == 1'600'000'000);
  CHECK(info.st_mtim.tv_nsec == 5);
  REQUIRE(::lstat((sandbox.root() + "/bin/link").c_str(), &info) == 0);
  CHECK(info.st_mtim.tv_sec == 1'600'000'000);
  REQUIRE(::lstat((sandbox.root() + "/bin/tool").c_str(), &info) == 0);
  CHECK(info.st_nlink == 2);
  char note[10];
  CHECK(::getxattr((sandbox.root() + "/bin/tool").c_str(), "user.note", note, sizeof note) == 4);
}

TEST_CASE("owners, devices and capabilities") {
  if (!is_root()) {
    MESSAGE("skipped: needs root");
    return;
  }
  const Sandbox sandbox;
  Item owned = file("owned", "x", 06755);
  owned.entry.uid = 1000;
  owned.entry.gid = 5;
  // VFS_CAP_REVISION_2 with CAP_NET_RAW, effective.
  owned.entry.xattrs["security.capability"] =
      Bytes("\x01\0\0\x02\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
  Item device = item(tar::Type::kCharacterDevice, "null", {}, 0666);
  device.entry.device_major = 1;
  device.entry.device_minor = 3;
  must_extract(sandbox, {owned, device},
               {.uids = {{.container = 0, .host = 100000, .count = 65536}},
                .gids = {{.container = 0, .host = 0, .count = 1}, {5, 7, 1}}});
  CHECK(lines_of(sandbox) == Lines{"null 666 char 1:3", "owned 6755 x"});
  struct stat info{};
  const std::string path = sandbox.root() + "/owned";
  REQUIRE(::lstat(path.c_str(), &info) == 0);
  CHECK(info.st_uid == 101000);
  CHECK(info.st_gid == 7);
  char capability[32];
  CHECK(::getxattr(path.c_str(), "security.capability", capability, sizeof capability) == 20);
  owned.entry.uid = 65536;
  const auto outside = extract_to(sandbox, {owned}, {.uids = {{0, 100000, 65536}}});
  CHECK(outside.error().code() == Code::kPermissionDenied);
  const auto without = extract_to(sandbox, {device}, {.makes_devices = false});
  CHECK(without->dropped_devices == 1);
}

TEST_CASE("later entries replace earlier ones, a directory keeps its children") {
  const Sandbox sandbox;
  must_extract(sandbox, {directory("d", 0700), file("d/kept", "1"), directory("d", 0755),
                         file("f", "old"), file("f", "new", 0600), directory("e"), file("e/x", ""),
                         symlink("e", "d"), symlink("s", "d"), directory("s"), file("s/y", "3")});
  CHECK(lines_of(sandbox) ==
        Lines{"d/ 755", "d/kept 644 1", "e -> d", "f 600 new", "s/ 755", "s/y 644 3"});
}

TEST_CASE("a hard link to itself stays, one that is missing is named") {
  const Sandbox sandbox;
  must_extract(sandbox, {file("a", "1"), hard_link("a", "./a")});
  CHECK(lines_of(sandbox) == Lines{"a 644 1"});
  const auto missing = extract_to(sandbox, {hard_link("b", "nowhere/x")});
  CHECK(missing.error().code() == Code::kFailedPrecondition);
  must_extract(sandbox, {directory("d")});
  CHECK(!extract_to(sandbox, {hard_link("b", "d")}).has_value());
}

// Each of these tries to reach "outside", beside the root.
TEST_CASE("no archive reaches outside of the tree") {
  const std::vector<std::vector<Item>> attacks{
      {file("../outside/file", "evil")},
      {file("a/../../outside/file", "evil")},
      {symlink("l", "../outside"), file("l/file", "evil")},
      {symlink("l", "../outside"), directory("l/x")},
      {symlink("l", "../outside/file"), file("l", "evil")},
      {symlink("l", "../outside"), hard_link("h", "l/file"), file("h", "evil")},
      {hard_link("h", "../outside/file")},
      {symlink("l", ".."), symlink("l/m", "x")},
      {symlink("a", "b"), symlink("b", ".."), file("a/outside/file", "evil")},
      {symlink(".", "../outside"), file("file", "evil")},
      {symlink("l", "../outside"), directory("l", 0777)},
      {symlink("l", "../outside"), file("l/.wh.file")},
      {symlink("l", "../outside"), file("l/.wh..wh..opq")},
      {file(".wh..", "")},
      {file(".wh...", "")},
      {file("a/.wh...", "")},
      {file(".wh.", "")},
      {symlink("l", "../outside"), file(".wh.l/file")},
      {directory("d"), symlink("d", "../outside"), file("d/file", "evil")},
      {directory("d/e"), file("d/e/x"), symlink("d", "../outside"), file("d/file", "evil")},
      {symlink("l", "../outside/file"), hard_link("h", "l"), file("h", "evil")},
      {symlink("l", "/proc/self/cwd"), file("l/x", "evil")},
  };
  for (const bool follows : {false, true}) {
    for (const Whiteouts whiteouts :
         {Whiteouts::kApply, Whiteouts::kKeep, Whiteouts::kOverlayUser}) {
      for (size_t i = 0; i < attacks.size(); ++i) {
        CAPTURE(follows);
        CAPTURE(i);
        const Sandbox sandbox;
        (void)extract_to(sandbox, attacks[i], {.whiteouts = whiteouts, .follows_parents = follows});
        CHECK(sandbox.is_outside_untouched());
      }
    }
  }
}

TEST_CASE("a link on the way is refused, or followed inside the tree") {
  const std::vector<Item> items{directory("usr/lib"), symlink("lib", "/usr/lib"),
                                file("lib/x", "1")};
  const Sandbox strict;
  const auto refused = extract_to(strict, items);
  CHECK(refused.error().text() == "\"lib/x\": \"lib\": a parent that is no directory of the tree");
  const Sandbox sandbox;
  must_extract(sandbox, items, {.follows_parents = true});
  CHECK(lines_of(sandbox) ==
        Lines{"lib -> /usr/lib", "usr/ 755", "usr/lib/ 755", "usr/lib/x 644 1"});
}

TEST_CASE("whiteouts hide what is below and nothing of their own layer") {
  const Sandbox sandbox;
  must_extract(sandbox, {file("a/old", "1"), file("a/both", "1"), file("b/x/y", "1"),
                         file("b/z", "1"), file("c/lower", "1"), file("f", "1")});
  must_extract(sandbox,
               {file("a/both", "2"), file("a/.wh.both"), file("a/.wh.old"), file("a/.wh.never"),
                file("b/x/new", "2"), file("b/.wh..wh..opq"), directory("c"), file("c/upper", "2"),
                file(".wh.c"), file(".wh.f"), file(".wh..wh.plnk"), file("gone/.wh.x")});
  CHECK(lines_of(sandbox) == Lines{"a/ 755", "a/both 644 2", "b/ 755", "b/x/ 755", "b/x/new 644 2",
                                   "c/ 755", "c/upper 644 2"});
}

TEST_CASE("whiteouts below what has become a file hide nothing else") {
  const Sandbox sandbox;
  must_extract(sandbox, {file("d/x", "1"), file("e/x", "1"), file("other/x", "1"),
                         symlink("lower", "other")});
  must_extract(sandbox,
               {file("d", "2"), file("d/.wh.x"), symlink("e", "other"), file("e/.wh.x"),
                file("e/.wh..wh..opq")},
               {.follows_parents = true});
  CHECK(lines_of(sandbox) ==
        Lines{"d 644 2", "e -> other", "lower -> other", "other/ 755", "other/x 644 1"});
  must_extract(sandbox, {file("lower/.wh.x")}, {.follows_parents = true});
  CHECK(lines_of(sandbox).size() == 4);
}

TEST_CASE("a tree's times depend on its layers only") {
  const auto mtime = [](const Sandbox& sandbox, const std::string& name) {
    struct stat info{};
    REQUIRE(::lstat((sandbox.root() + "/" + name).c_str(), &info) == 0);
    return info.st_mtim.tv_sec;
  };
  for (const bool follows : {false, true}) {
    const Sandbox sandbox;
    must_extract(sandbox, {directory("a"), file("a/gone", "1"), file("a/b/c/x", "1")},
                 {.follows_parents = follows});
    must_extract(sandbox, {file("a/.wh.gone"), file("a/b/c/new", "2"), file("a/b/c/.wh..wh..opq")},
                 {.follows_parents = follows});
    CHECK(mtime(sandbox, "a") == 1'600'000'000);
    CHECK(mtime(sandbox, "a/b") == 0);
    CHECK(mtime(sandbox, "a/b/c") == 0);
  }
}

TEST_CASE("overlayfs's marks") {
  for (const Whiteouts whiteouts : {Whiteouts::kOverlay, Whiteouts::kOverlayUser}) {
    const bool is_plain = whiteouts == Whiteouts::kOverlay;
    if (is_plain && !is_root()) {
      MESSAGE("skipped: trusted.* needs root");
      continue;
    }
    const char* mark = is_plain ? "trusted.overlay.opaque" : "user.overlay.opaque";
    const Sandbox sandbox;
    must_extract(sandbox,
                 {file("a/.wh.x"), file("o/.wh..wh..opq"), file("o/y", "1"), file(".wh.later"),
                  file("later/z", "1"), directory("later"), directory("first"), file(".wh.first"),
                  file("g", "1"), file(".wh.g"), file(".wh.h"), file("h", "1")},
                 {.whiteouts = whiteouts});
    CHECK(lines_of(sandbox) == Lines{"a/ 755", "a/x 0 char 0:0", "first/ 755", "g 644 1", "h 644 1",
                                     "later/ 755", "later/z 644 1", "o/ 755", "o/y 644 1"});
    char value[4];
    const auto has_mark = [&](const std::string& name) {
      return ::getxattr((sandbox.root() + "/" + name).c_str(), mark, value, sizeof value) == 1;
    };
    CHECK(has_mark("o"));
    CHECK(has_mark("first"));
    CHECK(has_mark("later"));
    CHECK(!has_mark("a"));
    Item smuggled = item(tar::Type::kCharacterDevice, "s");
    CHECK(!extract_to(sandbox, {smuggled}, {.whiteouts = whiteouts}).has_value());
  }
}

TEST_CASE("appc's images keep such names") {
  const Sandbox sandbox;
  must_extract(sandbox, {file(".wh.a", "1"), file(".wh..wh..opq", "2")},
               {.whiteouts = Whiteouts::kKeep});
  CHECK(lines_of(sandbox) == Lines{".wh..wh..opq 644 2", ".wh.a 644 1"});
}

TEST_CASE("limits") {
  const Sandbox sandbox;
  const Options few{.limits = {.entries = 2}};
  const auto many = extract_to(sandbox, {file("a"), file("b"), file("c")}, few);
  CHECK(many.error().text() == "\"c\": the archive holds more than is allowed");
  const Options small{.limits = {.unpacked_bytes = 5}};
  CHECK(extract_to(sandbox, {file("x", "12345")}, small).has_value());
  CHECK(extract_to(sandbox, {file("x", "123"), file("y", "456")}, small).error().code() ==
        Code::kResourceExhausted);
}

// -- Random layers against a model that is a map.

using Model = std::map<std::string, std::string>;

void erase_below(Model& model, const std::string& path) {
  std::erase_if(model, [&](const auto& node) {
    return node.first == path || node.first.starts_with(path + "/");
  });
}

// Lower nodes, then those of the layer over them, in the words of lines_of().
void apply_to_model(Model& model, const std::vector<Item>& layer) {
  for (const Item& each : layer) {
    const std::string& path = each.entry.path;
    const size_t mark = path.find(".wh.");
    if (mark == std::string::npos) continue;
    const std::string parent = mark == 0 ? "" : path.substr(0, mark - 1);
    if (path.ends_with(".wh..wh..opq")) {
      std::erase_if(model, [&](const auto& node) {
        return parent.empty() || node.first.starts_with(parent + "/");
      });
    } else {
      erase_below(model, path.substr(0, mark) + path.substr(mark + 4));
    }
  }
  for (const Item& each : layer) {
    std::string path = each.entry.path;
    if (path.find(".wh.") != std::string::npos) continue;
    const bool is_directory = each.entry.type == tar::Type::kDirectory;
    for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
      model.try_emplace(path.substr(0, at), path.substr(0, at) + "/ 755");
    }
    const bool was_directory = model.contains(path) && model[path].starts_with(path + "/ ");
    if (!is_directory || !was_directory) erase_below(model, path);
    model[path] = is_directory ? path + "/ 755" : format("{} 644 {}", path, each.content);
  }
}

// Names that end with a digit are files, so that parents are always directories.
std::vector<Item> random_layer(Random& random) {
  std::vector<Item> out;
  for (uint64_t left = 1 + random.below(12); left > 0; --left) {
    std::string path;
    for (uint64_t depth = random.below(3); depth > 0; --depth) {
      path += std::string(1, static_cast<char>('a' + random.below(3))) + "/";
    }
    const std::string name = random.chance(2)
                                 ? std::string(1, static_cast<char>('0' + random.below(3)))
                                 : std::string(1, static_cast<char>('a' + random.below(3)));
    const uint64_t kind = random.below(6);
    if (kind == 0) {
      out.push_back(file(path + ".wh." + name));
    } else if (kind == 1) {
      out.push_back(file(path + ".wh..wh..opq"));
    } else if (name[0] >= 'a') {
      out.push_back(directory(path + name));
    } else {
      out.push_back(file(path + name, format("{}", random.below(1000))));
    }
  }
  return out;
}

TEST_CASE("layers over layers are what a simple model says") {
  const char* given = std::getenv("ARGOSY_SEED");
  const uint64_t seed = given != nullptr ? parse_uint(given).value_or(1) : real_random().next();
  CAPTURE(seed);
  SeededRandom random(seed);
  const int rounds = std::getenv("ARGOSY_LONG") != nullptr ? 3000 : 60;
  for (int round = 0; round < rounds; ++round) {
    const Sandbox sandbox;
    Model model;
    const Options options{.follows_parents = random.chance(2)};
    for (uint64_t layers = 1 + random.below(4); layers > 0; --layers) {
      const auto layer = random_layer(random);
      must_extract(sandbox, layer, options);
      apply_to_model(model, layer);
      Lines expected;
      for (const auto& [path, line] : model) expected.push_back(line);
      Lines actual = lines_of(sandbox);
      std::ranges::sort(actual);
      std::ranges::sort(expected);
      REQUIRE(actual == expected);
    }
  }
}

}  // namespace
}  // namespace argosy::unpack
