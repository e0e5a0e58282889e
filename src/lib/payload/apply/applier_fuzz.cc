// Any bytes as a payload, fed in pieces, on a small slot: hashes that don't fit are put
// right first, so that operations run. The old slot stays as it was, nothing is written
// beyond the new one, and an executor changes neither the slot nor the verdict.
#include <algorithm>

#include "base/check.h"
#include "lib/payload/apply/applier.h"

namespace {

using namespace argosy;

constexpr uint64_t kSlot = 16 * payload::kBlockSize;

class Slot final : public payload::Storage {
 public:
  uint64_t capacity() const override { return kSlot; }
  Result<void> read(uint64_t offset, std::span<char> to) override {
    if (offset > kSlot || to.size() > kSlot - offset) return fail(Code::kOutOfRange, "read");
    std::ranges::copy(BytesView(bytes).substr(offset, to.size()), to.begin());
    return {};
  }
  Result<void> write(uint64_t offset, BytesView from) override {
    if (offset > kSlot || from.size() > kSlot - offset) return fail(Code::kOutOfRange, "write");
    std::ranges::copy(from, bytes.begin() + static_cast<int64_t>(offset));
    return {};
  }
  Result<void> set_size(uint64_t) override { return {}; }

  Bytes bytes = Bytes(kSlot, 'o');
};

// Gives each operation the hash that its blob has, and the old slot the one it has.
Bytes with_right_hashes(BytesView bytes, const Bytes& old) {
  payload::MetadataReader reader({.manifest_bytes = 1 << 16, .operations = 64});
  BytesView blobs = bytes;
  if (!reader.feed(blobs) || !reader.is_complete()) return Bytes(bytes);
  payload::Manifest manifest = reader.manifest();
  const auto put_right = [&](std::vector<payload::Operation>& operations) {
    for (payload::Operation& operation : operations) {
      const uint64_t offset = std::min<uint64_t>(operation.data_offset.value_or(0), blobs.size());
      if (operation.data_length.value_or(0) > 0) {
        operation.data_sha256 = sha256(blobs.substr(offset, *operation.data_length));
      }
      operation.src_sha256.clear();
    }
  };
  const payload::InstallInfo was{.size = old.size(), .sha256 = sha256(old)};
  put_right(manifest.partition_operations);
  if (manifest.old_partition_info) manifest.old_partition_info = was;
  for (payload::PartitionUpdate& partition : manifest.partitions) {
    put_right(partition.operations);
    if (partition.old_info) partition.old_info = was;
  }
  const Bytes encoded = encode(manifest);
  payload::Header header = reader.header();
  header.manifest_size = encoded.size();
  return encode(header) + encoded + Bytes(reader.metadata_signature()) + Bytes(blobs);
}

// Does every second work at once, and the others never.
class HalfExecutor final : public payload::Executor {
 public:
  void run(std::move_only_function<void()> work) override {
    if (++count_ % 2 == 0) work();
  }

 private:
  size_t count_ = 0;
};

struct Outcome {
  Bytes slot;
  payload::ErrorCode code = payload::ErrorCode::kSuccess;
  std::string text;

  bool operator==(const Outcome&) const = default;
};

Outcome outcome(BytesView bytes, payload::Executor* executor) {
  Slot old;
  Slot fresh;
  payload::Expectations expectations;
  expectations.limits = {.manifest_bytes = 1 << 16, .operations = 64, .blob_bytes = 1 << 20};
  expectations.executor = executor;
  payload::Applier applier(
      {{.name = std::string(payload::kMainPartition), .fresh = &fresh, .old = &old}}, expectations);
  Result<void> done;
  for (size_t at = 0; done && at < bytes.size(); at += 100) {
    done = applier.feed(bytes.substr(at, 100));
    if (done) (void)applier.checkpoint();
  }
  if (done) done = applier.finish();
  check(done.has_value() == (applier.error_code() == payload::ErrorCode::kSuccess));
  check(old.bytes == Bytes(kSlot, 'o'));
  check(fresh.bytes.size() == kSlot);
  return {std::move(fresh.bytes), applier.error_code(), done ? "" : done.error().text()};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const Bytes bytes =
      with_right_hashes({reinterpret_cast<const char*>(data), size}, Bytes(kSlot, 'o'));
  HalfExecutor executor;
  check(outcome(bytes, nullptr) == outcome(bytes, &executor));
  return 0;
}
