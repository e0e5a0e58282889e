// The image library as a program, for the test beside it:
//   image-layout unpack LAYOUT TAG DIRECTORY   all layers, one over the other
//   image-layout copy LAYOUT TAG TO TAG        read, and written by us into another layout
//   image-layout collect LAYOUT                prints how many files went
#include <cstdio>
#include <fcntl.h>
#include <string>
#include <vector>

#include "base/format.h"
#include "base/text.h"
#include "lib/image/layout/layout.h"
#include "lib/unpack/layer.h"
#include "sys/file/fd.h"

namespace {

using namespace argosy;
using Words = std::vector<std::string>;

const image::Platform kHost{.architecture = "amd64", .os = "linux"};

Result<image::Layout> open_layout(const std::string& path) {
  return image::Layout::open(real_disk(), real_random(), path);
}

Result<void> unpack_image(const Words& words) {
  const auto layout = TRY(open_layout(words[1]));
  const auto found = TRY(layout.find(words[2], kHost));
  const auto image = TRY(layout.read(found));
  const Fd directory(::open(words[3].c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  for (size_t i = 0; i < image.manifest.layers.size(); ++i) {
    const image::Descriptor& layer = image.manifest.layers[i];
    auto source = TRY(unpack::file_source(layout.blobs().path_of(layer.digest)));
    TRY(unpack::unpack_layer({.source = std::move(source),
                              .digest = layer.digest,
                              .size = layer.size,
                              .diff_id = image.config.diff_ids[i]},
                             directory.get(), {.follows_parents = true}));
  }
  return {};
}

Result<void> copy_blob(const image::Blobs& from, const image::Blobs& to,
                       const image::Descriptor& blob) {
  const auto source = TRY(unpack::file_source(from.path_of(blob.digest)));
  auto writer = TRY(to.begin(blob.digest, blob.size));
  while (true) {
    const BytesView piece = TRY(source());
    if (piece.empty()) return writer.commit();
    TRY(writer.write(piece));
  }
}

Result<void> copy_image(const Words& words) {
  const auto from = TRY(open_layout(words[1]));
  const auto to = TRY(image::Layout::create(real_disk(), real_random(), words[3]));
  const auto found = TRY(from.find(words[2], kHost));
  const auto image = TRY(from.read(found));
  for (const image::Descriptor& layer : image.manifest.layers) {
    TRY(copy_blob(from.blobs(), to.blobs(), layer));
  }
  return to.tag(TRY(to.write(image.config, image.manifest.layers)), words[4]);
}

Result<void> collect(const Words& words) {
  const auto layout = TRY(open_layout(words[1]));
  std::printf("%zu\n", TRY(layout.collect()));
  return {};
}

Result<void> run(const Words& words) {
  if (words.size() == 4 && words[0] == "unpack") return unpack_image(words);
  if (words.size() == 5 && words[0] == "copy") return copy_image(words);
  if (words.size() == 2 && words[0] == "collect") return collect(words);
  return fail(Code::kInvalidArgument, "usage: unpack, copy or collect");
}

}  // namespace

int main(int count, char** arguments) {
  const auto result = run(Words(arguments + 1, arguments + count));
  if (result) return 0;
  std::fprintf(stderr, "image-layout: %s\n", result.error().text().c_str());
  return 1;
}
