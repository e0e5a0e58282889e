// The state of one extraction. Private to this folder.
#pragma once

#include <map>
#include <unordered_set>

#include "lib/unpack/attributes.h"
#include "lib/unpack/path.h"
#include "lib/unpack/tree.h"

namespace argosy::unpack {

class Extraction {
 public:
  Extraction(tar::Reader& archive, int root_fd, const Options& options)
      : archive_(archive), options_(options), tree_(root_fd, options.follows_parents) {}

  Result<Extracted> run();

 private:
  Result<void> add(const tar::Entry& entry);
  Result<void> judge_limits(const tar::Entry& entry);
  Result<void> make(const tar::Entry& entry, const Place& place, int parent);
  Result<void> make_directory(const tar::Entry& entry, const Place& place, int parent);
  Result<void> make_file(const tar::Entry& entry, const Place& place, int parent);
  Result<void> write_body(int fd, const tar::Entry& entry);
  Result<void> make_hard_link(const tar::Entry& entry, const Place& place);
  Result<void> make_device(const tar::Entry& entry, const Place& place, int parent);
  // Calls `create` until it succeeds, after making room if a file is in the way.
  template <typename Create>
  Result<void> replace(const Place& place, int parent, Create create);
  Result<void> finish_directories();
  void remember(const Place& place);

  // whiteout.cc
  Result<void> white_out(const Place& place);
  Result<bool> is_below_own_file(const std::string& directory);
  Result<void> hide(const Place& place);
  Result<void> hide_in_overlay(const Place& place);
  Result<void> uncover(const std::string& directory);
  Result<void> make_opaque(const std::string& directory);
  Result<void> remove_lower(const std::string& directory);
  bool is_overlay() const {
    return options_.whiteouts == Whiteouts::kOverlay ||
           options_.whiteouts == Whiteouts::kOverlayUser;
  }

  tar::Reader& archive_;
  const Options& options_;
  Tree tree_;
  Extracted report_;
  uint64_t claimed_bytes_ = 0;
  // The children first, so that a directory is closed when they are done.
  std::map<std::string, Attributes, std::greater<>> directories_;
  // With Whiteouts::kApply: what this archive has made, and the directories on the way.
  std::unordered_set<std::string> made_;
  // With overlays: hidden names, whose directories, if they come later, are opaque.
  std::unordered_set<std::string> hidden_;
};

}  // namespace argosy::unpack
