#include <fstream>
#include <map>
#include <sys/stat.h>

#include "parts/rkt/store/images_test.h"
#include "parts/rkt/store/key.h"
#include "parts/rkt/store/tree_store.h"

namespace argosy::rkt {
namespace {

class Sandbox {
 public:
  Sandbox()
      : store({.disk = real_disk(),
               .random = random_,
               .clock = clock_,
               .lock = lock_images(directory_.path() + "/cas")},
              directory_.path() + "/cas"),
        trees(store) {
    REQUIRE(store.prepare().has_value());
  }

  std::string import(const Bytes& archive, bool is_latest = false) const {
    const auto key = store.import(source_of_bytes(archive), is_latest);
    REQUIRE_MESSAGE(key.has_value(), key.error().text());
    return *key;
  }
  std::string root() const { return directory_.path(); }

 private:
  TestDirectory directory_;
  SeededRandom random_{7};
  TestClock clock_;

 public:
  ImageStore store;
  TreeStore trees;
};

std::string labels(std::string_view version) {
  return format(R"(,"labels":[{{"name":"version","value":"{}"}},)", version) +
         R"({"name":"os","value":"linux"},{"name":"arch","value":"amd64"}])";
}

TEST_CASE("images are found by key, name and labels") {
  const Sandbox sandbox;
  const ImageStore& store = sandbox.store;
  const auto one = sandbox.import(aci(manifest_of("a.com/x", labels("1")), {}), true);
  const auto two = sandbox.import(aci(manifest_of("a.com/x", labels("2")), {}));
  const auto other = sandbox.import(aci(manifest_of("a.com/y"), {{"rootfs/f", "1"}}));
  CHECK(store.list()->size() == 3);
  CHECK(is_key(one));
  CHECK(store.find("a.com/x", {}) == one);  // the latest, though older
  CHECK(store.find("a.com/x", {{"version", "2"}}) == two);
  CHECK(store.find("a.com/x", {{"version", "2"}, {"os", "linux"}}) == two);
  CHECK(store.find("a.com/y", {}) == other);
  CHECK(store.find("a.com/x", {{"version", "3"}}).error().text() ==
        R"(cannot find aci satisfying name: "a.com/x" and labels: ["version":"3"])"
        " in the local store");
  CHECK(store.resolve(one.substr(0, 20)) == one);
  CHECK(store.resolve(one + "0123") == one);
  CHECK(store.resolve("sha512-a").error().text() == "image ID too short");
  CHECK(store.resolve("x").error().text() == "wrong key prefix");
  // A second "latest" takes the mark of the first.
  CHECK(sandbox.import(aci(manifest_of("a.com/x", labels("2")), {}), true) == two);
  CHECK(store.find("a.com/x", {}) == two);
  CHECK(!store.info(one)->is_latest);
  REQUIRE(store.remove(two).has_value());
  CHECK(store.find("a.com/x", {}) == one);
  CHECK(store.remove(two).error().text() == "cannot find image with key: " + two);
  CHECK(store.resolve(two).error().text() == "no image IDs found");
}

TEST_CASE("a store that rkt laid down has no info of ours; it is told from the blobs") {
  const Sandbox sandbox;
  const auto key = sandbox.import(aci(manifest_of("a.com/x", labels("1")), {{"rootfs/f", "1"}}));
  std::filesystem::remove_all(sandbox.store.directory() + "/imageInfo");
  const ImageInfo info = *sandbox.store.info(key);
  CHECK(info.name == "a.com/x");
  CHECK(info.version == "1");
  CHECK(info.size == 3584);
  CHECK(info.imported > WallTime(seconds(1'700'000'000)));
  std::filesystem::remove_all(sandbox.store.directory() + "/imageManifest");
  CHECK(sandbox.store.manifest(key)->name == "a.com/x");
  CHECK(sandbox.store.list()->size() == 1);
  REQUIRE(sandbox.store.touch(key).has_value());
  CHECK(sandbox.store.remove(key).has_value());
}

TEST_CASE("what is no image leaves nothing") {
  const Sandbox sandbox;
  for (const Bytes& bad :
       {Bytes("x"), Bytes(), tar_of({{"rootfs/", ""}}), Bytes("\x1f\x8b nonsense"), aci("{", {}),
        aci(manifest_of("a.com/x"), {}).substr(0, 700)}) {
    CHECK(!sandbox.store.import(source_of_bytes(bad), false).has_value());
  }
  CHECK(sandbox.store.list()->empty());
  CHECK(std::filesystem::is_empty(sandbox.store.directory() + "/tmp"));
}

std::string read(const std::string& path) {
  const auto content = read_file(real_disk(), path);
  return content ? *content : "(missing)";
}

TEST_CASE("dependencies are rendered from the bottom to the top") {
  const Sandbox sandbox;
  // A needs B and C, C needs D; applied are B, D, C, A.
  sandbox.import(aci(
      manifest_of("d"),
      {{"rootfs/who", "d"}, {"rootfs/d", "d"}, {"rootfs/dir/", ""}, {"rootfs/dir/below", "d"}}));
  sandbox.import(
      aci(manifest_of("b"), {{"rootfs/who", "b"}, {"rootfs/b", "b"}, {"rootfs/d", "b"}}));
  sandbox.import(aci(manifest_of("c", R"(,"dependencies":[{"imageName":"d"}])"),
                     {{"rootfs/who", "c"}, {"rootfs/dir", "a file now"}}));
  const std::string outside = sandbox.root() + "/outside";
  std::filesystem::create_directory(outside);
  std::ofstream(outside + "/kept") << "1";
  const auto top = sandbox.import(
      aci(manifest_of("a", R"(,"dependencies":[{"imageName":"b"},{"imageName":"c"}])"),
          {{"rootfs/who", "a"}, {"rootfs/link", "-> " + outside}}));
  const auto id = sandbox.trees.render(top, false);
  REQUIRE_MESSAGE(id.has_value(), id.error().text());
  const std::string root = sandbox.trees.root_of(*id);
  CHECK(read(root + "/who") == "a");
  CHECK(read(root + "/b") == "b");
  CHECK(read(root + "/d") == "d");
  CHECK(read(root + "/dir") == "a file now");
  CHECK(read(sandbox.trees.path_of(*id) + "/image") == top);
  CHECK(read(sandbox.trees.path_of(*id) + "/manifest") == *sandbox.store.manifest_text(top));
  CHECK(sandbox.store.info(top)->tree_size == 13);
  CHECK(sandbox.trees.render(top, false) == *id);
  CHECK(sandbox.trees.verify(*id).has_value());
  std::ofstream(root + "/b") << "x";
  CHECK(sandbox.trees.verify(*id).error().text().starts_with("wrong tree hash: sha512-"));
  REQUIRE(sandbox.trees.render(top, true).has_value());
  CHECK(sandbox.trees.verify(*id).has_value());
  // A tree without its mark is rendered anew.
  std::filesystem::remove(sandbox.trees.path_of(*id) + "/rendered");
  std::ofstream(root + "/b") << "x";
  REQUIRE(sandbox.trees.render(top, false).has_value());
  CHECK(read(root + "/b") == "b");
  CHECK(sandbox.trees.ids() == std::vector{*id});
  REQUIRE(sandbox.trees.remove(*id).has_value());
  CHECK(sandbox.trees.ids()->empty());
  CHECK(sandbox.store.info(top)->tree_size == 0);
  CHECK(read(outside + "/kept") == "1");  // a link out of the tree was not followed
}

TEST_CASE("circles, and what is missing") {
  const Sandbox sandbox;
  const auto x =
      sandbox.import(aci(manifest_of("x", R"(,"dependencies":[{"imageName":"y"}])"), {}));
  CHECK(sandbox.trees.render(x, false).error().text().find("dependency y of x") !=
        std::string::npos);
  sandbox.import(aci(manifest_of("y", R"(,"dependencies":[{"imageName":"x"}])"), {}));
  CHECK(sandbox.trees.render(x, false).error().text().find("depends on itself") !=
        std::string::npos);
  CHECK(sandbox.trees.ids()->empty());
}

// -- Rendering against a model: paths to contents, images applied one by one.

struct Made {
  std::string name;
  std::vector<std::string> files;
  std::vector<std::string> whitelist;
  std::vector<size_t> dependencies;
};

std::string dependencies_text(const std::vector<Made>& made, const Made& image) {
  std::vector<std::string> items;
  for (const size_t i : image.dependencies) {
    items.push_back(format(R"({{"imageName":"{}"}})", made[i].name));
  }
  std::string out = format(R"(,"dependencies":[{}])", join(items, ","));
  items.clear();
  for (const std::string& path : image.whitelist) items.push_back(format(R"("/{}")", path));
  if (!items.empty()) out += format(R"(,"pathWhitelist":[{}])", join(items, ","));
  return out;
}

using Files = std::map<std::string, std::string>;

void apply(const std::vector<Made>& made, size_t at, std::vector<std::vector<std::string>> lists,
           Files& files) {
  const Made& image = made[at];
  if (!image.whitelist.empty()) lists.push_back(image.whitelist);
  for (const size_t dependency : image.dependencies) apply(made, dependency, lists, files);
  for (const std::string& path : image.files) {
    const bool is_kept = std::ranges::all_of(lists, [&](const std::vector<std::string>& list) {
      return std::ranges::find(list, path) != list.end();
    });
    if (is_kept) files[path] = image.name;
  }
}

Files files_of(const std::string& root) {
  Files out;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    if (!entry.is_regular_file()) continue;
    out[std::filesystem::relative(entry.path(), root)] = read(entry.path());
  }
  return out;
}

std::vector<std::string> some_paths(Random& random, uint64_t one_in) {
  std::vector<std::string> out;
  for (const char* path : {"a", "b", "dir/a", "dir/b", "dir/sub/a", "other/x"}) {
    if (random.chance(one_in)) out.emplace_back(path);
  }
  return out;
}

TEST_CASE("trees are what a model says") {
  const uint64_t seed = test_seed();
  CAPTURE(seed);
  SeededRandom random(seed);
  for (int round = 0; round < 40; ++round) {
    CAPTURE(round);
    const Sandbox sandbox;
    std::vector<Made> made;
    std::string top;
    for (size_t i = 0; i < 5; ++i) {
      Made image{.name = format("image{}", i), .files = some_paths(random, 2)};
      if (random.chance(3)) image.whitelist = some_paths(random, 2);
      for (size_t below = 0; below < i; ++below) {
        if (random.chance(2)) image.dependencies.push_back(below);
      }
      made.push_back(image);
      std::vector<TestFile> files;
      for (const std::string& path : image.files) files.push_back({"rootfs/" + path, image.name});
      top = sandbox.import(aci(manifest_of(image.name, dependencies_text(made, image)), files));
    }
    Files expected;
    apply(made, made.size() - 1, {}, expected);
    const auto id = sandbox.trees.render(top, false);
    REQUIRE_MESSAGE(id.has_value(), id.error().text());
    CHECK(files_of(sandbox.trees.root_of(*id)) == expected);
    CHECK(sandbox.trees.verify(*id).has_value());
  }
}

TEST_CASE("an image alone, and only its files") {
  const Sandbox sandbox;
  sandbox.import(aci(manifest_of("below"), {{"rootfs/below", "1"}}));
  const auto key =
      sandbox.import(aci(manifest_of("top", R"(,"dependencies":[{"imageName":"below"}])"),
                         {{"rootfs/dir/", ""}, {"rootfs/dir/f", "2"}}));
  const auto extract = [&](const std::string& name, ExtractOptions options) {
    const std::string path = sandbox.root() + "/" + name;
    std::filesystem::create_directory(path);
    options.keeps_owners = false;
    REQUIRE(extract_image(sandbox.store, key, path, options).has_value());
    std::vector<std::string> names;
    for (const auto& [file, content] : files_of(path)) names.push_back(file);
    return join(names, " ");
  };
  CHECK(extract("1", {.has_dependencies = false}) == "manifest rootfs/dir/f");
  CHECK(extract("2", {}) == "manifest rootfs/below rootfs/dir/f");
  CHECK(extract("3", {.only_rootfs = true, .has_dependencies = false}) == "dir/f");
  CHECK(extract("4", {.only_rootfs = true}) == "below dir/f");
}

}  // namespace
}  // namespace argosy::rkt
