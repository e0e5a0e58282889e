#include "parts/rkt/store/dependencies.h"

#include <algorithm>
#include <ranges>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/store/archive.h"
#include "parts/rkt/store/key.h"

namespace argosy::rkt {
namespace {

constexpr size_t kMostImages = 1000;

class Flattening {
 public:
  explicit Flattening(const ImageStore& store) : store_(store) {}

  Result<void> add(const std::string& key, std::vector<std::vector<std::string>> whitelists) {
    if (std::ranges::find(ancestors_, key) != ancestors_.end()) {
      return fail(Code::kFailedPrecondition, format("image {} depends on itself", key));
    }
    if (out_.size() == kMostImages) {
      return fail(Code::kFailedPrecondition,
                  format("more than {} images in the tree of dependencies", kMostImages));
    }
    const auto manifest = TRY(store_.manifest(key));
    if (!manifest.path_whitelist.empty()) {
      std::vector<std::string> paths;
      for (const std::string& path : manifest.path_whitelist) {
        paths.push_back("rootfs/" + TRY(clean_path(path)));
      }
      std::ranges::sort(paths);
      whitelists.push_back(std::move(paths));
    }
    out_.push_back({.key = key, .whitelists = whitelists});
    ancestors_.push_back(key);
    for (const auto& dependency : std::views::reverse(manifest.dependencies)) {
      const std::string below = TRY_CONTEXT(
          find(dependency), format("dependency {} of {}", dependency.image_name, manifest.name));
      TRY(add(below, whitelists));
    }
    ancestors_.pop_back();
    return {};
  }

  std::vector<RenderedImage> take() && { return std::move(out_); }

 private:
  Result<std::string> find(const appc::Dependency& dependency) const {
    if (dependency.image_id.empty()) return store_.find(dependency.image_name, dependency.labels);
    std::string key = TRY(store_.resolve(dependency.image_id));
    const auto manifest = TRY(store_.manifest(key));
    if (manifest.name == dependency.image_name) return key;
    return fail(Code::kNotFound, format("image {} is {}", key, manifest.name));
  }

  const ImageStore& store_;
  std::vector<std::string> ancestors_;
  std::vector<RenderedImage> out_;
};

bool lists(const std::vector<std::string>& paths, const std::string& path, bool is_directory) {
  const auto at = std::ranges::lower_bound(paths, path);
  if (at != paths.end() && *at == path) return true;
  if (!is_directory) return false;
  const std::string prefix = path + "/";
  const auto below = std::ranges::lower_bound(paths, prefix);
  return below != paths.end() && below->starts_with(prefix);
}

}  // namespace

bool RenderedImage::keeps(const std::string& path, bool is_directory) const {
  if (path == "rootfs" || path == "manifest") return true;
  return std::ranges::all_of(whitelists, [&](const std::vector<std::string>& paths) {
    return lists(paths, path, is_directory);
  });
}

Result<std::vector<RenderedImage>> flatten(const ImageStore& store, const std::string& key) {
  Flattening flattening(store);
  TRY(flattening.add(key, {}));
  return std::move(flattening).take();
}

}  // namespace argosy::rkt
