#include "parts/etcd/mvcc/range.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "parts/etcd/mvcc/errors.h"
#include "parts/etcd/mvcc/key_range.h"

namespace argosy::etcd::mvcc {
namespace {

constexpr size_t kNoLimit = std::numeric_limits<size_t>::max();

// One more than the limit, which shows whether there is more.
size_t one_above(int64_t limit) {
  return static_cast<size_t>(limit) + 1;
}

int64_t sort_number(const KeyValueView& kv, SortTarget target) {
  switch (target) {
    case SortTarget::kVersion:
      return kv.version;
    case SortTarget::kCreate:
      return kv.create_revision;
    case SortTarget::kMod:
      return kv.mod_revision;
    case SortTarget::kKey:
    case SortTarget::kValue:
      break;
  }
  return 0;
}

bool is_less(const KeyValueView& a, const KeyValueView& b, SortTarget target) {
  if (target == SortTarget::kKey) return a.key < b.key;
  if (target == SortTarget::kValue) return a.value < b.value;
  return sort_number(a, target) < sort_number(b, target);
}

}  // namespace

RangeCursor::RangeCursor(const Store& store, RangeRequest request, int64_t current)
    : store_(&store), request_(std::move(request)), current_(current) {
  response_.revision = current;
  position_ = request_.key;
}

Result<RangeCursor> RangeCursor::open(const Store& store, RangeRequest request) {
  RangeCursor cursor(store, std::move(request), store.revision());
  TRY(cursor.choose_revision());
  return cursor;
}

Result<void> RangeCursor::choose_revision() {
  if (request_.revision > current_) return fail(future_revision_error());
  at_ = request_.revision <= 0 ? current_ : request_.revision;
  if (at_ < store_->compact_revision()) return fail(compacted_error());
  choose_limits();
  if (at_ == current_) count_at_once();
  return {};
}

bool RangeCursor::has_filter() const {
  return request_.min_mod_revision != 0 || request_.max_mod_revision != 0 ||
         request_.min_create_revision != 0 || request_.max_create_revision != 0;
}

// Without an order, another target than the key sorts as well, but only what a
// limited fetch has found: so the original does.
void RangeCursor::choose_limits() {
  const bool is_order_asked = request_.sort_order != SortOrder::kNone;
  const bool is_by_key = request_.sort_target == SortTarget::kKey;
  sort_order_ = request_.sort_order;
  if (!is_order_asked && !is_by_key) sort_order_ = SortOrder::kAscend;
  if (is_by_key && sort_order_ == SortOrder::kAscend) sort_order_ = SortOrder::kNone;
  if (sort_order_ != SortOrder::kDescend && sort_order_ != SortOrder::kAscend) {
    sort_order_ = SortOrder::kNone;
  }
  fetch_limit_ = keep_limit_ = kNoLimit;
  if (request_.limit <= 0) return;
  if (!is_order_asked && !has_filter()) fetch_limit_ = one_above(request_.limit);
  if (sort_order_ == SortOrder::kNone) keep_limit_ = one_above(request_.limit);
}

// The index counts only what is newest.
void RangeCursor::count_at_once() {
  const KeyRange range = KeyRange::of(request_.key, request_.range_end);
  if (range.is_single) return;
  response_.count = static_cast<int64_t>(store_->index().live_count(range.key, range.end));
  is_count_known_ = true;
}

bool RangeCursor::has_enough() const {
  return request_.count_only || fetched_ >= fetch_limit_ || response_.kvs.size() >= keep_limit_;
}

Result<bool> RangeCursor::step(size_t max_keys, size_t max_bytes) {
  if (at_ < store_->compact_revision()) return fail(compacted_error());
  if (is_done_ || (is_count_known_ && has_enough())) return is_done_ = true;
  const KeyRange range = KeyRange::of(request_.key, request_.range_end);
  if (range.is_single) {
    if (const KeyHistory* history = store_->index().find(range.key)) visit(*history);
    return is_done_ = true;
  }
  size_t visited = 0;
  const size_t bytes_before = response_.kvs.byte_count();
  bool was_cut = false;
  store_->index().visit(position_, range.end, [&](BytesView key, const KeyHistory& history) {
    if (visited == max_keys || response_.kvs.byte_count() - bytes_before > max_bytes) {
      position_ = Bytes(key);
      was_cut = true;
      return false;
    }
    visited++;
    visit(history);
    return !(is_count_known_ && has_enough());
  });
  return is_done_ = !was_cut;
}

void RangeCursor::visit(const KeyHistory& history) {
  const auto revision = history.at(at_);
  if (!revision) return;
  if (!is_count_known_) response_.count++;
  if (has_enough()) return;
  fetched_++;
  keep(store_->value_at(*revision));
}

bool RangeCursor::is_sorted_by_value() const {
  return sort_order_ != SortOrder::kNone && request_.sort_target == SortTarget::kValue;
}

void RangeCursor::keep(BytesView raw) {
  if (!has_filter() && !request_.keys_only) {
    response_.kvs.push_back(raw);
    return;
  }
  KeyValueView kv = stored_key_value(raw);
  if (!passes_filter(kv)) return;
  if (request_.keys_only && !is_sorted_by_value()) {
    kv.value = {};
    response_.kvs.push_back(kv);
  } else {
    response_.kvs.push_back(raw);
  }
}

bool RangeCursor::passes_filter(const KeyValueView& kv) const {
  const auto is_within = [](int64_t revision, int64_t min, int64_t max) {
    return (min == 0 || revision >= min) && (max == 0 || revision <= max);
  };
  return is_within(kv.mod_revision, request_.min_mod_revision, request_.max_mod_revision) &&
         is_within(kv.create_revision, request_.min_create_revision, request_.max_create_revision);
}

RangeResponse RangeCursor::take() {
  check(is_done_);
  if (sort_order_ != SortOrder::kNone) sort();
  if (request_.limit > 0 && response_.kvs.size() > static_cast<size_t>(request_.limit)) {
    response_.kvs.truncate(static_cast<size_t>(request_.limit));
    response_.more = true;
  }
  if (request_.keys_only && is_sorted_by_value()) strip_values();
  return std::move(response_);
}

void RangeCursor::sort() {
  const RawKeyValues& kvs = response_.kvs;
  std::vector<std::pair<KeyValueView, size_t>> order;
  order.reserve(kvs.size());
  for (size_t i = 0; i < kvs.size(); i++) order.emplace_back(kvs.decoded(i), i);
  const SortTarget target = request_.sort_target;
  const bool is_ascending = sort_order_ == SortOrder::kAscend;
  std::ranges::sort(order, [&](const auto& a, const auto& b) {
    if (is_less(a.first, b.first, target)) return is_ascending;
    if (is_less(b.first, a.first, target)) return !is_ascending;
    return a.second < b.second;
  });
  RawKeyValues sorted;
  sorted.reserve(kvs.size(), kvs.byte_count());
  for (const auto& [kv, place] : order) sorted.push_back(kvs[place]);
  response_.kvs = std::move(sorted);
}

void RangeCursor::strip_values() {
  RawKeyValues stripped;
  for (size_t i = 0; i < response_.kvs.size(); i++) {
    KeyValueView kv = response_.kvs.decoded(i);
    kv.value = {};
    stripped.push_back(kv);
  }
  response_.kvs = std::move(stripped);
}

Result<RangeResponse> range_within(const Store& store, const RangeRequest& request,
                                   int64_t current) {
  RangeCursor cursor(store, request, current);
  TRY(cursor.choose_revision());
  while (!TRY(cursor.step(kNoLimit, kNoLimit))) continue;
  return cursor.take();
}

Result<RangeResponse> range(const Store& store, const RangeRequest& request) {
  return range_within(store, request, store.revision());
}

}  // namespace argosy::etcd::mvcc
