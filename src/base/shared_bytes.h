// Immutable bytes with several owners. A log entry is at once in the log, in the
// write-ahead log's batch on another thread and in messages to peers; sharing is
// cheaper than one copy for each.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace argosy {

class SharedBytes {
 public:
  SharedBytes() = default;
  explicit SharedBytes(Bytes bytes)
      : bytes_(bytes.empty() ? nullptr : std::make_shared<const Bytes>(std::move(bytes))) {}

  BytesView view() const { return bytes_ ? BytesView(*bytes_) : BytesView(); }
  size_t size() const { return bytes_ ? bytes_->size() : 0; }
  bool empty() const { return size() == 0; }
  bool operator==(const SharedBytes& other) const { return view() == other.view(); }

 private:
  std::shared_ptr<const Bytes> bytes_;
};

}  // namespace argosy
