// An image and all that it depends on, in a line (appc/spec: aci.md, "Dependency Matching" and
// "pathWhitelist"; acirenderer).
#pragma once

#include "parts/rkt/store/image_store.h"

namespace argosy::rkt {

struct RenderedImage {
  std::string key;
  // The lists of paths that count: a file is kept when each of them has it. Paths are clean ones
  // below "rootfs".
  std::vector<std::vector<std::string>> whitelists;

  bool keeps_all() const { return whitelists.empty(); }
  // A directory is also kept on the way to a listed path.
  bool keeps(const std::string& path, bool is_directory) const;
};

// From the top, the image itself, to the bottom: what comes earlier covers what comes later.
// NotFound: a dependency is not in the store; FailedPrecondition: they go in a circle, or there
// are more than 1000.
Result<std::vector<RenderedImage>> flatten(const ImageStore& store, const std::string& key);

}  // namespace argosy::rkt
