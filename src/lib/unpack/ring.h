// Blocks of a stream between one thread that fills them and two that read each of them.
// Private to this folder.
#pragma once

#include <array>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::unpack {

class Ring {
 public:
  static constexpr size_t kBlockBytes = 256 << 10;
  static constexpr size_t kBlocks = 16;
  enum Reader : size_t { kExtractor, kHasher };

  Ring() : memory_(new char[kBlocks * kBlockBytes]) {}

  // -- The filling thread.

  // Room for the next block, which waits for both readers; nothing: cancelled.
  std::optional<std::span<char>> room();
  void put(size_t size);
  void end();
  void fail_with(Error error);

  // -- The reading threads.

  // The next block, and the last one is done with; empty at the end.
  Result<BytesView> next(Reader reader);
  // This reader takes no more. Any thread.
  void cancel();

 private:
  char* block(uint64_t number) { return memory_.get() + number % kBlocks * kBlockBytes; }

  std::unique_ptr<char[]> memory_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // -- Guarded
  std::array<size_t, kBlocks> sizes_{};
  uint64_t filled_ = 0;
  std::array<uint64_t, 2> taken_{};  // blocks given to each reader
  std::array<uint64_t, 2> done_{};   // blocks that each reader is done with
  bool has_ended_ = false;
  bool is_cancelled_ = false;
  std::optional<Error> error_;
};

}  // namespace argosy::unpack
