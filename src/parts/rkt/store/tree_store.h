// Rendered images, DATA/cas/tree/ID (rkt: store/treestore): an image with its dependencies as
// files below rootfs/, beside them manifest, hash, image (the key), and rendered, which is made
// last: a tree without it is nothing. Any number of processes; a tree is locked by its id.
#pragma once

#include <string>
#include <vector>

#include "parts/rkt/store/image_store.h"

namespace argosy::rkt {

struct ExtractOptions {
  bool only_rootfs = false;  // the files of rootfs, not in a directory of that name
  bool has_dependencies = true;
  bool keeps_owners = true;  // and devices; needs root
};
// The image's files into a directory that is there and empty. After an error some are there.
Result<void> extract_image(const ImageStore& store, const std::string& key,
                           const std::string& directory, const ExtractOptions& options);

class TreeStore {
 public:
  explicit TreeStore(const ImageStore& images) : images_(images) {}

  // "deps-sha512-...": of the keys of all images that the tree is made of.
  Result<std::string> id_of(const std::string& key) const;
  std::string path_of(const std::string& id) const;
  std::string root_of(const std::string& id) const;
  bool is_rendered(const std::string& id) const;

  // The tree's id. One that is rendered stays as it is, unless `rebuilds`.
  Result<std::string> render(const std::string& key, bool rebuilds) const;
  // DataLoss: the files are not those that were rendered. NotFound: it is not rendered.
  Result<void> verify(const std::string& id) const;
  // Missing is no error.
  Result<void> remove(const std::string& id) const;
  // Also of trees that were never finished.
  Result<std::vector<std::string>> ids() const;
  // The image that a tree was rendered for; empty when nobody knows.
  std::string image_of(const std::string& id) const;

 private:
  Result<FileLock> lock(const std::string& id, LockMode mode) const;
  Result<void> make(const std::string& id, const std::string& key) const;
  Result<void> take_away(const std::string& id) const;

  const ImageStore& images_;
};

}  // namespace argosy::rkt
