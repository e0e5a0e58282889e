// Directories of images: OCI's image layout (image-spec 1.1.1, image-layout.md), read and
// written. One process changes a layout at a time; readers see the old index or the new one.
#pragma once

#include <string>
#include <vector>

#include "lib/image/blobs/blobs.h"
#include "lib/image/config.h"
#include "lib/image/manifest.h"

namespace argosy::image {

struct Image {
  Descriptor descriptor;  // of the manifest
  Manifest manifest;
  Config config;  // has a diff_id for each layer
};

class Layout {
 public:
  // FailedPrecondition for a directory that is no layout, or of another version.
  static Result<Layout> open(Disk& disk, Random& random, std::string directory);
  // Makes one if it is missing.
  static Result<Layout> create(Disk& disk, Random& random, std::string directory);

  const Blobs& blobs() const { return blobs_; }
  Result<Index> index() const;

  // The manifest that a tag names, through indexes to the host's platform. An empty tag is for
  // layouts with one image. NotFound: no such tag, or nothing for that platform.
  Result<Descriptor> find(std::string_view tag, const Platform& host) const;
  // Manifest and configuration, verified and judged: an image, not another artifact.
  Result<Image> read(const Descriptor& descriptor) const;

  // Writes configuration and manifest over layers that are there. Untagged.
  Result<Descriptor> write(const Config& config, std::vector<Descriptor> layers) const;
  // Takes the tag from who has it; the index is replaced at once.
  Result<void> tag(Descriptor descriptor, std::string_view tag) const;

  // Removes every blob that no entry of the index leads to, and what killed writers left; the
  // number of files. Blobs whose documents can't be read keep what they might refer to: then
  // nothing is removed, and the error says why.
  Result<size_t> collect() const;

 private:
  Layout(Disk& disk, Random& random, const std::string& directory);
  Result<Descriptor> resolve(Descriptor descriptor, const Platform& host) const;

  Disk* disk_;
  std::string directory_;
  Blobs blobs_;
};

}  // namespace argosy::image
