#include "parts/rkt/store/archive.h"

#include "parts/rkt/store/images_test.h"

namespace argosy::rkt {
namespace {

tar::Reader reader_of(const Bytes& bytes) {
  return tar::Reader([rest = BytesView(bytes)]() mutable {
    const BytesView piece = rest.substr(0, 512);
    rest.remove_prefix(piece.size());
    return Result<BytesView>(piece);
  });
}

std::string judge(const Bytes& bytes) {
  tar::Reader archive = reader_of(bytes);
  const auto manifest = read_archive(archive);
  return manifest ? manifest->name : manifest.error().text();
}

const std::string kManifest = manifest_of("example.com/a");

TEST_CASE("what an image's archive may hold") {
  CHECK(judge(aci(kManifest, {{"rootfs/bin/", ""}, {"rootfs/bin/sh", "x"}})) == "example.com/a");
  CHECK(judge(tar_of(
            {{"./", ""}, {"./rootfs/", ""}, {"./rootfs/x", "1"}, {"./manifest", kManifest}})) ==
        "example.com/a");
  CHECK(judge(tar_of({{"rootfs/", ""}})) == "image does not have a manifest");
  CHECK(judge(tar_of({{"manifest", kManifest}})) == "image does not have a rootfs");
  CHECK(judge(tar_of({{"manifest", kManifest}, {"rootfs", "x"}})) == "rootfs is not a directory");
  CHECK(judge(tar_of({{"manifest/", ""}, {"rootfs/", ""}})) == "manifest is not a regular file");
  CHECK(judge(aci(kManifest, {{"etc/", ""}})) == R"(unrecognized file path in image: "etc")");
  CHECK(judge(aci(kManifest, {{"rootfsx", "1"}})) ==
        R"(unrecognized file path in image: "rootfsx")");
  CHECK(judge(aci(kManifest, {{"rootfs/a", "1"}, {"rootfs//a", "1"}})) ==
        R"(duplicate file path in image: "rootfs/a")");
  CHECK(judge(aci(kManifest, {{"manifest", kManifest}})) ==
        R"(duplicate file path in image: "manifest")");
  CHECK(judge(aci(kManifest, {{"rootfs/../../etc/passwd", "1"}})) ==
        R"("rootfs/../../etc/passwd" leads outside of the image)");
  CHECK(judge(aci("{}", {})) == "manifest: acKind: bad ACKind: must be ImageManifest");
  CHECK(judge("no tar at all").find("tar") != std::string::npos);
}

TEST_CASE("an archive with other names") {
  const Bytes bytes = aci(kManifest, {{"rootfs/a", std::string(3000, 'a')},
                                      {"rootfs/drop/", ""},
                                      {"rootfs/drop/b", "b"},
                                      {"rootfs/link", "-> a"}});
  tar::Reader archive = reader_of(bytes);
  Renamer renamer(archive, [](const std::string& path, tar::Type) {
    return path.find("drop") == std::string::npos ? "new/" + path : std::string();
  });
  tar::Reader renamed([&] { return renamer.next(); });
  std::string names;
  while (const auto entry = *renamed.next()) {
    names += entry->path + (entry->link.empty() ? " " : "->" + entry->link + " ");
    if (entry->path != "new/rootfs/a") continue;
    std::string content;
    for (auto piece = *renamed.read(); !piece.bytes.empty(); piece = *renamed.read()) {
      content += piece.bytes;
    }
    CHECK(content == std::string(3000, 'a'));
  }
  CHECK(names == "new/manifest new/rootfs/ new/rootfs/a new/rootfs/link->a ");
}

}  // namespace
}  // namespace argosy::rkt
