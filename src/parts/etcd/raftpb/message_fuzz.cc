// Any bytes: what is accepted comes out the same after being written and read again.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "parts/etcd/raftpb/raftpb.h"

using namespace argosy;
using namespace argosy::etcd;

namespace {

template <typename Value>
void check_stable(const Result<Value>& value, Result<Value> (*decode)(BytesView)) {
  if (!value) return;
  const Bytes bytes = raftpb::to_bytes(*value);
  check(bytes.size() == raftpb::encoded_size(*value));
  const auto again = decode(bytes);
  check(again && *again == *value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  check_stable(raftpb::decode_message(bytes), raftpb::decode_message);
  check_stable(raftpb::decode_entry(bytes), raftpb::decode_entry);
  check_stable(raftpb::decode_hard_state(bytes), raftpb::decode_hard_state);
  check_stable(raftpb::decode_snapshot(bytes), raftpb::decode_snapshot);
  check_stable(raftpb::decode_conf_change(bytes), raftpb::decode_conf_change);
  check_stable(raftpb::decode_conf_change_v2(bytes), raftpb::decode_conf_change_v2);
  return 0;
}
