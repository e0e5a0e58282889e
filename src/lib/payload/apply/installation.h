// One part of a payload on its way into storage: which of its blocks have been written,
// what an operation may read, and the hash of the outcome.
#pragma once

#include <optional>

#include "lib/payload/apply/frontier.h"
#include "lib/payload/apply/read_behind.h"
#include "lib/payload/apply/storage.h"
#include "lib/payload/format/manifest.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {

// What of a part is hashed in the end.
enum class Verification : uint8_t {
  kStorage,  // what storage gives back
  kWrites,   // what was written in order, and of the rest what storage gives back
};

class Installation {
 public:
  // `old` and `executor` may be nullptr. All are borrowed.
  Installation(const Part& part, uint32_t block, Storage& fresh, Storage* old, Verification how,
               Executor* executor);

  // InvalidArgument or OutOfRange for an operation that can't be carried out.
  Result<void> check_operation(const Operation& operation) const;
  // Whether one of its blocks was written already.
  bool rewrites(const Operation& operation) const;

  // As the old slot has it. Any thread.
  Result<void> read_old(uint64_t offset, std::span<char> to);
  // As an operation that works in place sees it: what was written, else the old slot.
  Result<void> read_current(uint64_t offset, std::span<char> to);
  Result<void> write(uint64_t offset, BytesView bytes);
  Result<void> zero(uint64_t offset, uint64_t size);
  // The operation is complete (or was, before an interruption).
  void mark_written(const Operation& operation);
  void forget_written();
  // What was written and will stay may be verified from now on.
  void verify_behind();

  // Blocks that work in place and that no operation wrote are those of the old slot.
  Result<void> copy_rest();
  // Cuts a file to its size.
  Result<void> finish();
  // Of the new size.
  Result<Bytes> hash();

  const Part& part() const { return part_; }
  uint32_t block() const { return block_; }
  bool has_old() const { return old_ != nullptr; }
  Storage* old() const { return old_; }
  uint64_t new_size() const { return part_.new_info->size.value_or(0); }

 private:
  void hash_written(uint64_t offset, BytesView bytes);
  bool is_written(uint64_t block) const { return block < written_.size() && written_[block]; }
  Result<void> check_extents(const std::vector<Extent>& extents, uint64_t capacity,
                             const char* what) const;

  Part part_;
  uint32_t block_;
  Storage& fresh_;
  Storage* old_;
  Verification how_;
  std::vector<bool> written_;  // in place only
  Frontier frontier_;
  std::optional<ReadBehind> behind_;
  // kWrites: the hash of [0, hashed_), which holds as long as nothing is written there again.
  Sha256 hash_;
  uint64_t hashed_ = 0;
  bool is_hash_spoiled_ = false;
};

}  // namespace argosy::payload
