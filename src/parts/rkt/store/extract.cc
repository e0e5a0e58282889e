#include "lib/unpack/extract.h"

#include <ranges>

#include "base/text.h"
#include "parts/rkt/store/archive.h"
#include "parts/rkt/store/dependencies.h"
#include "parts/rkt/store/tree_store.h"

namespace argosy::rkt {
namespace {

// Pieces of a file, for tar.
tar::Reader::Source source_of(std::shared_ptr<File> file) {
  auto buffer = std::make_shared<Bytes>(1 << 18, '\0');
  return [file = std::move(file), buffer, offset = uint64_t{0}]() mutable -> Result<BytesView> {
    const size_t count = TRY(file->read_at(offset, buffer->data(), buffer->size()));
    offset += count;
    return BytesView(*buffer).substr(0, count);
  };
}

std::string without_root(const std::string& path) {
  if (path == "rootfs") return ".";
  return path.starts_with("rootfs/") ? path.substr(7) : std::string();
}

Result<void> extract_one(const ImageStore& store, const RenderedImage& image, int directory,
                         const ExtractOptions& options) {
  const std::shared_ptr<File> blob = TRY(store.open(image.key));
  tar::Reader archive(source_of(blob));
  const unpack::Options unpacking{.whiteouts = unpack::Whiteouts::kKeep,
                                  .keeps_owners = options.keeps_owners,
                                  .makes_devices = options.keeps_owners,
                                  .keeps_few_xattrs = true};
  if (image.keeps_all() && !options.only_rootfs) {
    TRY(unpack::extract(archive, directory, unpacking));
    return {};
  }
  Renamer renamer(archive, [&](const std::string& path, tar::Type type) {
    if (!image.keeps(path, type == tar::Type::kDirectory)) return std::string();
    return options.only_rootfs ? without_root(path) : path;
  });
  tar::Reader renamed([&] { return renamer.next(); });
  TRY(unpack::extract(renamed, directory, unpacking));
  return {};
}

}  // namespace

Result<void> extract_image(const ImageStore& store, const std::string& key,
                           const std::string& directory, const ExtractOptions& options) {
  const Fd fd = TRY(open_directory(directory));
  std::vector<RenderedImage> images{{.key = key, .whitelists = {}}};
  if (options.has_dependencies) images = TRY(flatten(store, key));
  for (const RenderedImage& image : std::views::reverse(images)) {
    TRY_CONTEXT(extract_one(store, image, fd.get(), options), image.key);
  }
  return {};
}

}  // namespace argosy::rkt
