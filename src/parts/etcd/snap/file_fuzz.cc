// Any bytes as a .snap file: what is accepted is written and read again the same.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "base/crc32c.h"
#include "base/protowire.h"
#include "parts/etcd/snap/snap.h"

using namespace argosy;
using namespace argosy::etcd;

namespace {

void try_file(BytesView bytes) {
  const auto snapshot = snap::decode_file(bytes);
  if (!snapshot) return;
  const auto again = snap::decode_file(snap::encode_file(*snapshot));
  check(again && *again == *snapshot);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  try_file(bytes);
  // The same bytes behind a right checksum, so that what is inside is tried, too.
  Bytes file;
  protowire::Writer writer(file);
  writer.uint64(1, crc32c(0, bytes));
  writer.bytes(2, bytes);
  try_file(file);
  return 0;
}
