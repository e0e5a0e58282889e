// The tree of names of a simulated disk: as it is seen, and as it is durably. Part of
// SimDisk, which locks.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/disk/content.h"
#include "sys/random/random.h"

namespace argosy::sim {

// A file or a directory. Shared by its names, by the changes to them that are not yet
// durable, and by the open files, any of which may be the last to need it.
struct Node {
  explicit Node(uint32_t node_mode) : mode(node_mode) {}
  bool is_directory() const { return content == nullptr; }

  uint32_t mode;                     // permission bits
  std::unique_ptr<Content> content;  // a file's
  std::map<std::string, std::shared_ptr<Node>> entries;
  std::map<std::string, std::shared_ptr<Node>> durable_entries;
  const void* lock_holder = nullptr;
};
using NodePtr = std::shared_ptr<Node>;

class Names {
 public:
  Names() : root_(std::make_shared<Node>(0755)) {}

  // Null when there is none.
  NodePtr find(std::string_view path) const;

  // The directory that a path's last component is in, and that component. The directory
  // is null when it is missing; the name is empty for the root.
  struct Place {
    NodePtr directory;
    std::string name;
    NodePtr node() const;
  };
  Place place(std::string_view path) const;

  // These need valid places; renaming replaces what is at `to`.
  void add(const Place& to, NodePtr node);
  void rename(const Place& from, const Place& to);
  void remove(const Place& from);

  void sync(const NodePtr& directory);
  // Drops names, then bytes.
  void lose_power(Random& random);
  Names copy() const;

 private:
  // Something left `from` (if it has a directory) and came to `to` (if that has one).
  struct Change {
    Place from;
    Place to;
    NodePtr node;
  };
  static void make_durable(const Change& change);

  NodePtr root_;
  std::vector<Change> pending_;  // not durable, in order
};

}  // namespace argosy::sim
