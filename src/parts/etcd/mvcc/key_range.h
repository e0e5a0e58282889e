// The three forms of a range on the wire: just a key, [key, end), all from a key on.
#pragma once

#include "base/bytes.h"

namespace argosy::etcd::mvcc {

inline constexpr BytesView kFromKey("\0", 1);

struct KeyRange {
  BytesView key;
  bool is_single = false;
  BytesView end;  // empty: none; only if not single

  static KeyRange of(BytesView key, BytesView range_end) {
    return {key, range_end.empty(), range_end == kFromKey ? BytesView() : range_end};
  }
};

}  // namespace argosy::etcd::mvcc
