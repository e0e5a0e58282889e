// A directory that is filled: its directories opened by path, never outside of it, and the ones
// used last kept open. Private to this folder; one thread.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <time.h>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "sys/file/fd.h"

namespace argosy::unpack {

// Of an open directory, without . and .., in no order.
Result<std::vector<std::string>> names_in(int directory);

class Tree {
 public:
  // `follows`: symbolic links on the way are resolved inside the tree, else refused.
  Tree(int root_fd, bool follows) : root_(root_fd), follows_(follows) {}

  int root() const { return root_; }
  // A directory, made (with those on the way, 0755) if it is missing. The descriptor is an
  // O_PATH one and lives until the next call.
  Result<int> directory(const std::string& path);
  // The same, but NotFound when it is missing.
  Result<int> existing_directory(const std::string& path);
  // A directory with a descriptor of its own that can be read and changed, its last component
  // not followed.
  Result<Fd> open_directory(const std::string& path);

  // To be called when a directory may have gone, or become something else.
  void forget(std::string_view path);

  // Gives directories the times back that they had when they were first opened here; those that
  // were made on the way to others get time 0, so that a tree depends on its layers only.
  Result<void> restore_times();

  // A name in an open directory, and all below it if it is a directory. Missing is no error.
  Result<void> remove(int parent, const std::string& name);

 private:
  Result<Fd> open(const std::string& path);
  Result<void> make(const std::string& path);
  Result<void> keep_time(int directory, const std::string& path, bool is_new);

  using Identity = std::pair<dev_t, ino_t>;
  struct KeptTime {
    std::string path;
    timespec mtime;
  };

  static constexpr size_t kMostOpen = 128;
  int root_;
  bool follows_;
  std::unordered_map<std::string, Fd> open_;
  std::map<Identity, KeptTime> times_;
  std::vector<Fd> stale_;  // forgotten, closed by the next call that opens
};

}  // namespace argosy::unpack
