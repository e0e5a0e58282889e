// Writes tar archives: ustar, with a pax header before an entry that needs one. The bytes
// depend on the entries only, so that equal trees are equal archives. Pure; one thread.
#pragma once

#include <functional>

#include "base/bytes.h"
#include "base/result.h"
#include "lib/tar/entry.h"

namespace argosy::tar {

class Writer {
 public:
  using Sink = std::function<Result<void>(BytesView)>;
  explicit Writer(Sink sink) : sink_(std::move(sink)) {}

  // A directory's path gets its slash. Extents are passed over: holes are written as zeros.
  Result<void> add(const Entry& entry);
  // The body of the last entry, piece by piece; it must be as long as its size.
  Result<void> write(BytesView bytes);
  // The two blocks of zeros.
  Result<void> finish();

 private:
  Result<void> end_body();

  Sink sink_;
  uint64_t left_ = 0;
  uint64_t padding_ = 0;
};

}  // namespace argosy::tar
