// Ranges. range() answers at once; a RangeCursor does the same in slices, pinned to
// the revision at which it was opened, so that the loop may turn between them.
// Order of evaluation: fetch, filter by revisions, sort, cut to the limit.
#pragma once

#include "base/result.h"
#include "parts/etcd/mvcc/requests.h"
#include "parts/etcd/mvcc/store.h"

namespace argosy::etcd::mvcc {

// Fails with compacted_error() or future_revision_error(). The request has passed
// check_range().
Result<RangeResponse> range(const Store& store, const RangeRequest& request);

class RangeCursor {
 public:
  // A slice ends at this many keys looked at or bytes taken.
  static constexpr size_t kSliceKeys = 500;
  static constexpr size_t kSliceBytes = size_t{1} << 20;

  static Result<RangeCursor> open(const Store& store, RangeRequest request);
  // Visits up to `max_keys` keys. True when the response is complete. Fails with
  // compacted_error() when a compaction has passed the pinned revision meanwhile.
  Result<bool> step(size_t max_keys = kSliceKeys, size_t max_bytes = kSliceBytes);
  // Once, after step() returned true. Sorts and cuts.
  RangeResponse take();
  // The revision that is read.
  int64_t pinned_revision() const { return at_; }

 private:
  friend Result<RangeResponse> range_within(const Store&, const RangeRequest&, int64_t);

  RangeCursor(const Store& store, RangeRequest request, int64_t current);
  Result<void> choose_revision();
  void choose_limits();
  void count_at_once();
  bool has_filter() const;
  bool is_sorted_by_value() const;
  bool has_enough() const;
  void visit(const KeyHistory& history);
  void keep(BytesView raw);
  bool passes_filter(const KeyValueView& kv) const;
  void sort();
  void strip_values();

  const Store* store_;
  RangeRequest request_;
  int64_t current_;                          // the revision that the answer shows
  int64_t at_ = 0;                           // the revision that is read
  SortOrder sort_order_ = SortOrder::kNone;  // what is left to do after the fetch
  size_t fetch_limit_ = 0;                   // keys to fetch, before the filter
  size_t keep_limit_ = 0;                    // keys to keep, behind the filter
  size_t fetched_ = 0;
  bool is_count_known_ = false;
  bool is_done_ = false;
  Bytes position_;  // the key where the next slice begins
  RangeResponse response_;
};

// For transactions: as range(), where `current` is the revision that a read without
// one sees.
Result<RangeResponse> range_within(const Store& store, const RangeRequest& request,
                                   int64_t current);

}  // namespace argosy::etcd::mvcc
