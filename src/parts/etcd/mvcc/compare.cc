#include "parts/etcd/mvcc/compare.h"

#include <algorithm>

#include "parts/etcd/mvcc/key_range.h"

namespace argosy::etcd::mvcc {
namespace {

std::strong_ordering order_of(const Compare& compare, const KeyValueView& kv) {
  const bool has_operand = compare.operand == compare.target;
  const int64_t number = has_operand ? compare.number : 0;
  switch (compare.target) {
    case CompareTarget::kVersion:
      return kv.version <=> number;
    case CompareTarget::kCreate:
      return kv.create_revision <=> number;
    case CompareTarget::kMod:
      return kv.mod_revision <=> number;
    case CompareTarget::kLease:
      return kv.lease <=> number;
    case CompareTarget::kValue:
      return kv.value <=> (has_operand ? BytesView(compare.value) : BytesView());
  }
  return std::strong_ordering::equal;
}

bool holds_for(const Compare& compare, const KeyValueView& kv) {
  const auto order = order_of(compare, kv);
  switch (compare.result) {
    case CompareResult::kEqual:
      return order == 0;
    case CompareResult::kNotEqual:
      return order != 0;
    case CompareResult::kGreater:
      return order > 0;
    case CompareResult::kLess:
      return order < 0;
  }
  return true;
}

bool holds(const Store& store, const Compare& compare) {
  bool is_any = false;
  bool result = true;
  const auto look_at = [&](const KeyHistory& history) {
    const auto live = history.live();
    if (!live) return true;
    is_any = true;
    result = holds_for(compare, stored_key_value(store.value_at(live->modified)));
    return result;
  };
  const KeyRange range = KeyRange::of(compare.key, compare.range_end);
  if (range.is_single) {
    if (const KeyHistory* history = store.index().find(range.key)) look_at(*history);
  } else {
    store.index().visit(range.key, range.end,
                        [&](BytesView, const KeyHistory& history) { return look_at(history); });
  }
  if (is_any) return result;
  return compare.target != CompareTarget::kValue && holds_for(compare, {});
}

}  // namespace

bool holds(const Store& store, const std::vector<Compare>& compares) {
  return std::ranges::all_of(compares, [&](const Compare& c) { return holds(store, c); });
}

}  // namespace argosy::etcd::mvcc
