// The hash of a part as it is read from the medium, behind the writing of it: most of the
// verification is done when the last byte is written.
//
// One thread; what it reads is read on the executor's, a piece at a time.
#pragma once

#include "lib/payload/apply/executor.h"
#include "lib/payload/apply/storage.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {

class ReadBehind {
 public:
  // All are borrowed.
  ReadBehind(Storage& storage, Executor& executor, uint64_t size);
  // Waits for what is being read; what has not begun is dropped.
  ~ReadBehind();
  ReadBehind(const ReadBehind&) = delete;
  ReadBehind& operator=(const ReadBehind&) = delete;

  // All before `end` is written for good, and may be read from now on.
  void advance(uint64_t end);
  // How far it may have read: who writes below that destroys it before.
  uint64_t begun() const { return begun_; }
  // Of all `size` bytes; reads what is left. Once.
  Result<Bytes> finish();

 private:
  struct State;

  Executor& executor_;
  uint64_t size_;
  uint64_t begun_ = 0;
  // Shared with what runs, which may outlive this by the little that is left of it.
  std::shared_ptr<State> state_;
};

}  // namespace argosy::payload
