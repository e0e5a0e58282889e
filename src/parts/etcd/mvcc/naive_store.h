// Test support: the store as a list of everything that ever happened to it.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "parts/etcd/mvcc/key_range.h"
#include "parts/etcd/mvcc/key_value.h"
#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/revision.h"

namespace argosy::etcd::mvcc {

struct NaiveChange {
  Revision revision;
  bool is_delete = false;
  Bytes key;
  Bytes value;
  int64_t create_revision = 0;
  int64_t version = 0;
  int64_t lease = 0;

  KeyValueView kv() const { return {key, create_revision, revision.main, version, value, lease}; }
};

class NaiveStore {
 public:
  std::vector<NaiveChange> history;
  int64_t revision = 1;
  int64_t compacted = -1;

  static bool contains(BytesView begin, BytesView range_end, BytesView key) {
    if (range_end.empty()) return key == begin;
    return key >= begin && (range_end == kFromKey || key < range_end);
  }

  // What a read at a main revision sees.
  std::map<Bytes, NaiveChange> at(int64_t main) const {
    std::map<Bytes, NaiveChange> seen;
    for (const NaiveChange& change : history) {
      if (change.revision.main > main) break;
      if (change.is_delete) {
        seen.erase(change.key);
      } else {
        seen.insert_or_assign(change.key, change);
      }
    }
    return seen;
  }
  std::vector<NaiveChange> range(BytesView key, BytesView range_end, int64_t main) const {
    std::vector<NaiveChange> found;
    for (const auto& [name, change] : at(main)) {
      if (contains(key, range_end, name)) found.push_back(change);
    }
    return found;
  }

  // -- Writes: begin(), changes, end().

  int64_t reading_revision() const { return revision + (sub_ > 0 ? 1 : 0); }
  void put(BytesView key, BytesView value, int64_t lease) {
    const auto before = range(key, {}, reading_revision());
    const Revision now{revision + 1, sub_++};
    NaiveChange change{now, false, Bytes(key), Bytes(value), now.main, 1, lease};
    if (!before.empty()) {
      change.create_revision = before[0].create_revision;
      change.version = before[0].version + 1;
    }
    history.push_back(change);
  }
  int64_t erase(BytesView key, BytesView range_end) {
    const auto doomed = range(key, range_end, reading_revision());
    for (const NaiveChange& change : doomed) {
      history.push_back({{revision + 1, sub_++}, true, change.key, {}, 0, 0, 0});
    }
    return static_cast<int64_t>(doomed.size());
  }
  void end() {
    if (sub_ > 0) revision++;
    sub_ = 0;
  }

 private:
  int64_t sub_ = 0;
};

}  // namespace argosy::etcd::mvcc
