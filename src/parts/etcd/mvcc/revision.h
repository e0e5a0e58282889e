// A place in the store's history, and its form as a key of Bucket::kKey:
// 8 bytes main, big endian, '_', 8 bytes sub, and 't' behind that for a tombstone.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

// The write request `main`, and within it the change `sub`, from 0.
struct Revision {
  int64_t main = 0;
  int64_t sub = 0;

  auto operator<=>(const Revision&) const = default;
};

inline constexpr size_t kRevisionKeySize = 17;
inline constexpr size_t kTombstoneKeySize = 18;

Bytes revision_key(Revision revision);
Bytes tombstone_key(Revision revision);
// The smallest key that a change of this request can have.
inline Bytes first_key_of(int64_t main) {
  return revision_key({main, 0});
}

struct StoredRevision {
  Revision revision;
  bool is_tombstone = false;
};
// Empty when it is no key that the two functions above make.
std::optional<StoredRevision> parse_revision_key(BytesView key);

}  // namespace argosy::etcd::mvcc
