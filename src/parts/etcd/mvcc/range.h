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
  // About half a millisecond of keys with values.
  static constexpr size_t kSliceKeys = 500;

  static Result<RangeCursor> open(const Store& store, RangeRequest request);
  // Visits up to `max_keys` keys. True when the response is complete. Fails with
  // compacted_error() when a compaction has passed the pinned revision meanwhile.
  Result<bool> step(size_t max_keys = kSliceKeys);
  // Once, after step() returned true. Sorts and cuts.
  RangeResponse take();
  // The revision that is read.
  int64_t pinned_revision() const { return at_; }

 private:
  friend Result<RangeResponse> range_within(const Store&, const RangeRequest&, int64_t);

  RangeCursor(const Store& store, RangeRequest request, int64_t current);
  Result<void> choose_revision();
  // True when the current state answers without visiting a key, or the count.
  void count_at_once();
  bool visit(BytesView key, const KeyHistory& history);
  void add(BytesView raw);
  bool has_enough() const;

  const Store* store_;
  RangeRequest request_;
  int64_t current_;               // revision that the answer shows
  int64_t at_ = 0;                // revision that is read
  int64_t fetch_limit_ = 0;       // 0: all
  int64_t fetched_ = 0;           // before the filters
  bool count_is_known_ = false;
  bool done_ = false;
  Bytes position_;                // key where the next slice begins
  RangeResponse response_;
};

// For transactions: as range(), where `current` is the revision that a read without
// one sees.
Result<RangeResponse> range_within(const Store& store, const RangeRequest& request,
                                   int64_t current);

}  // namespace argosy::etcd::mvcc
