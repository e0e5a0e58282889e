// The parsers of what is stored: no input may break them, and what they read they
// write again to the same meaning.
#include "base/check.h"
#include "parts/etcd/mvcc/key_value.h"
#include "parts/etcd/mvcc/revision.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy;
  using namespace argosy::etcd::mvcc;
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  if (const auto kv = decode_key_value(bytes)) {
    const Bytes again = encode(*kv);
    check(decode_key_value(again) == kv);
  }
  if (const auto stored = parse_revision_key(bytes)) {
    check(bytes == (stored->is_tombstone ? tombstone_key(stored->revision)
                                         : revision_key(stored->revision)));
  }
  return 0;
}
