// Walks the keys of one bucket in order. Borrows from the transaction that made it;
// one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/bolt/ref.h"

namespace argosy::etcd::bolt {

struct Item {
  BytesView key;
  BytesView value;  // of a nested bucket: its header
  bool is_bucket = false;

  bool operator==(const Item&) const = default;
};

class Cursor {
 public:
  Cursor(const PageSource& pages, Ref root) : pages_(&pages), root_(root) {}

  // Each moves and gives the item there, empty when there is none. After the end,
  // next() stays there and prev() gives the last; before the first, vice versa. A
  // fresh cursor stands before the first. DataLoss for damaged pages, among them keys
  // that don't increase from one page to the next.
  Result<std::optional<Item>> first();
  Result<std::optional<Item>> last();
  // The first key that is not less.
  Result<std::optional<Item>> seek(BytesView key);
  Result<std::optional<Item>> next();
  Result<std::optional<Item>> prev();

 private:
  struct Level {
    Ref ref;
    uint32_t index = 0;
  };
  enum class Edge : uint8_t { kNone, kBefore, kAfter };

  Level& leaf() { return levels_[depth_ - 1]; }
  void start();
  Result<void> enter_child();
  Result<void> descend_to_first();
  Result<void> descend_to_last();
  // To the neighbouring leaf; false, at that edge, if there is none.
  Result<bool> turn_forward();
  Result<bool> turn_back();
  Result<std::optional<Item>> item_or_forward();
  Result<std::optional<Item>> item();
  std::optional<Item> stand(Edge edge);

  const PageSource* pages_;
  Ref root_;
  std::array<Level, kMaxDepth> levels_;
  size_t depth_ = 0;
  Edge edge_ = Edge::kBefore;
};

}  // namespace argosy::etcd::bolt
