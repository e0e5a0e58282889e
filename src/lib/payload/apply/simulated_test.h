// For tests: storage in memory that can fail at any write, and random payloads whose
// outcome is known, because they are made by carrying each operation out on a copy.
#pragma once

#include <thread>

#include "lib/payload/apply/applier.h"
#include "sys/random/random.h"

namespace argosy::payload {

class MemoryStorage final : public Storage {
 public:
  MemoryStorage(Bytes bytes, uint64_t capacity) : bytes(std::move(bytes)), capacity_(capacity) {}

  uint64_t capacity() const override { return capacity_; }
  Result<void> read(uint64_t offset, std::span<char> to) override;
  // The write that takes `writes_left` to -1 leaves a part of its bytes, and fails.
  Result<void> write(uint64_t offset, BytesView bytes) override;
  Result<void> set_size(uint64_t size) override;

  bool reads_medium() const override { return is_medium; }

  Bytes bytes;
  bool is_medium = true;
  int64_t writes = 0;
  std::vector<std::pair<uint64_t, Bytes>> log;  // of writes
  std::optional<int64_t> writes_left;

 private:
  uint64_t capacity_;
};

// One thread that works when it likes, in any order, and leaves some undone.
class MoodyExecutor final : public Executor {
 public:
  explicit MoodyExecutor(uint64_t seed) : random_(seed) {}
  void run(std::move_only_function<void()> work) override;

 private:
  SeededRandom random_;
  std::vector<std::move_only_function<void()>> works_;
};

// Real threads, one for each work.
class ThreadExecutor final : public Executor {
 public:
  void run(std::move_only_function<void()> work) override {
    threads_.emplace_back(std::move(work));
  }

 private:
  std::vector<std::jthread> threads_;
};

struct SimulatedPayload {
  Bytes old_image;
  Bytes new_image;
  Manifest manifest;
  uint64_t major_version = 1;
  std::vector<Bytes> blobs;  // by operation; empty for none
  Bytes bytes;               // of the whole, once assembled
};

struct SimulationOptions {
  uint64_t major_version = 1;
  uint64_t blocks = 40;
  bool is_delta = true;
  // Operations may write blocks that earlier ones wrote (major version 1).
  bool rewrites = false;
};

SimulatedPayload simulate_payload(uint64_t seed, const SimulationOptions& options);

// Puts offsets into the manifest and all of it together; with keys, signed.
void assemble(SimulatedPayload& payload, const std::vector<RsaPrivateKey>& keys = {});

std::vector<Operation>& operations_of(SimulatedPayload& payload);

// Those of lib/payload/signature's tests: 1 and 2.
RsaPrivateKey test_key(int number);
Keyring test_keyring(int number);

}  // namespace argosy::payload
