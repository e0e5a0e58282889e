// Semaphore: how many machines may be down at once, and which are, as one JSON value in
// etcd. docs/formats/reboot-lock.md.
//
// `free` may be negative, after the maximum was lowered below the number of holders.
// Holders are sorted by bytes, each once; the original finds them by binary search.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::locksmith {

struct Semaphore {
  int64_t free = 1;
  int64_t max = 1;
  std::vector<std::string> holders;

  bool is_held_by(std::string_view id) const;

  // ResourceExhausted "semaphore is at N" when none is free, even for one that holds it;
  // AlreadyExists "holder exists".
  Result<void> lock(std::string_view id);
  // NotFound "holder does not exist".
  Result<void> unlock(std::string_view id);
  // Evicts nobody.
  void set_max(int64_t value);

  bool operator==(const Semaphore&) const = default;
};

// The bytes that the original writes: {"semaphore":1,"max":1,"holders":null}; an empty
// list of holders is null before the first has held it and [] after the last has left.
std::string to_json(const Semaphore& semaphore, bool was_held = false);

struct StoredSemaphore {
  Semaphore semaphore;
  bool has_list = false;  // holders is a list, though perhaps an empty one
};
// Members in any order, holders null, missing or a list, unknown members ignored; what a
// person wrote in wrong order is sorted. InvalidArgument otherwise.
Result<StoredSemaphore> parse_semaphore(std::string_view json);

}  // namespace argosy::locksmith
