// All revisions of one key that are not compacted: puts and tombstones in order.
// What the original calls a generation is a run of puts up to a tombstone.
//
// The usual key has one put and is alive; that form takes 16 bytes and no heap.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "parts/etcd/mvcc/revision.h"

namespace argosy::etcd::mvcc {

// The newest put of a key that exists.
struct LivePut {
  Revision modified;
  int64_t create_revision = 0;
  int64_t version = 0;  // 1 for the first put after the key's creation
};

class KeyHistory {
 public:
  KeyHistory() = default;
  KeyHistory(KeyHistory&& other) noexcept;
  KeyHistory& operator=(KeyHistory&& other) noexcept;
  ~KeyHistory();

  bool is_empty() const { return first_ == 0; }
  bool is_live() const;
  std::optional<LivePut> live() const;
  // What a read at this main revision sees; empty if the key does not exist there.
  std::optional<Revision> at(int64_t main) const;

  // Revisions only grow. Both checked.
  void put(Revision revision);
  void bury(Revision revision);
  // A put read from the storage, which says itself when the key was created.
  void restore(const LivePut& put);

  // Drops what nobody can read at `main` or later: all before the newest revision
  // <= main, and that one as well if it is a tombstone.
  void compact(int64_t main);

  // For tests: how many revisions there are.
  size_t size() const;

 private:
  struct Entry {
    int64_t main;
    int32_t sub;
    bool is_tombstone;

    Revision revision() const { return {main, sub}; }
  };
  struct Many {
    int64_t create_revision = 0;  // of the last run, while alive
    int64_t version = 0;
    std::vector<Entry> entries;
  };

  // first_ is 0 (nothing), or odd and with second_ a packed LivePut, or a Many*.
  bool is_packed() const { return (first_ & 1) != 0; }
  LivePut unpacked() const;
  bool pack(const LivePut& put);
  Many* many() const { return reinterpret_cast<Many*>(first_); }
  Many& make_many();
  void append(Many& many, Revision revision, bool is_tombstone);
  void clear();
  // Goes back to the packed form where that holds all.
  void tidy();

  uint64_t first_ = 0;
  uint64_t second_ = 0;
};

}  // namespace argosy::etcd::mvcc
