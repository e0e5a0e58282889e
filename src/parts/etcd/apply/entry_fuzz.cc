// Any bytes as the log's entries, each behind its length in two bytes: what decodes is
// applied. Whatever it is, the store stays one that can be restored to the same content.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "base/bytes.h"
#include "base/check.h"
#include "parts/etcd/apply/state_machine.h"
#include "parts/etcd/storage/memory_storage.h"

using namespace argosy;
using namespace argosy::etcd;

namespace {

bool puts_an_empty_key(const mvcc::TxnRequest& txn);

bool puts_an_empty_key(const mvcc::RequestOp& op) {
  if (const auto* put = std::get_if<mvcc::PutRequest>(&op.request)) return put->key.empty();
  const auto* txn = std::get_if<mvcc::TxnRequest>(&op.request);
  return txn != nullptr && puts_an_empty_key(*txn);
}

bool puts_an_empty_key(const mvcc::TxnRequest& txn) {
  const auto any = [](const std::vector<mvcc::RequestOp>& ops) {
    return std::ranges::any_of(ops, [](const auto& op) { return puts_an_empty_key(op); });
  };
  return any(txn.success) || any(txn.failure);
}

// Which no member proposes, and which a database that is loaded takes for damage.
bool puts_an_empty_key(const apply::EntryRequest& request) {
  if (const auto* put = std::get_if<mvcc::PutRequest>(&request.body)) return put->key.empty();
  const auto* txn = std::get_if<mvcc::TxnRequest>(&request.body);
  return txn != nullptr && puts_an_empty_key(*txn);
}

void apply_one(apply::StateMachine& machine, BytesView bytes, MonotonicTime now) {
  auto request = apply::decode_entry(bytes);
  if (!request || std::holds_alternative<apply::V2Request>(request->body) ||
      std::holds_alternative<apply::Unsupported>(request->body) || puts_an_empty_key(*request)) {
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
