// Any bytes as the log's entries, each behind its length in two bytes: what decodes is
// applied. Whatever it is, the store stays one that can be restored to the same content.
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "parts/etcd/apply/state_machine.h"
#include "parts/etcd/storage/memory_storage.h"

using namespace argosy;
using namespace argosy::etcd;

namespace {

void apply_one(apply::StateMachine& machine, BytesView bytes, MonotonicTime now) {
  auto request = apply::decode_entry(bytes);
  if (!request || std::holds_alternative<apply::V2Request>(request->body) ||
      std::holds_alternative<apply::Unsupported>(request->body)) {
    return;
  }
  const auto outcome = machine.apply(*std::move(request), {now, true, 0, 0});
  (void)outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  BytesView left(reinterpret_cast<const char*>(data), size);
  MemoryStorage storage;
  apply::StateMachine machine(storage, {});
  MonotonicTime now{seconds(100)};
  while (left.size() > 2) {
    const size_t length =
        static_cast<uint8_t>(left[0]) * size_t{256} + static_cast<uint8_t>(left[1]);
    apply_one(machine, left.substr(2, length), now);
    left.remove_prefix(std::min(left.size(), 2 + length));
    now += milliseconds(10);
  }
  while (machine.store().compact_step() == mvcc::Store::Compaction::kMore) {
  }
  const int64_t revision = machine.store().revision();
  const size_t keys = machine.store().key_count();
  apply::StateMachine again(storage, {});
  check(!again.store().damage());
  check(again.store().revision() == revision);
  check(again.store().key_count() == keys);
  return 0;
}
