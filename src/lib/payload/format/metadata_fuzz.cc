// The front of a payload from any bytes, in two pieces: what is read is written again as
// the same manifest.
#include "base/check.h"
#include "lib/payload/format/metadata.h"
#include "lib/payload/format/signatures.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy;
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  payload::MetadataReader reader({.manifest_bytes = 1 << 16, .operations = 1 << 10});
  BytesView first = bytes.substr(0, size / 2);
  BytesView second = bytes.substr(size / 2);
  if (reader.feed(first) && first.empty() && reader.feed(second) && reader.is_complete()) {
    const auto again = payload::decode_manifest(encode(reader.manifest()));
    bool has_lost = false;
    for (const auto& partition : reader.manifest().partitions) {
      has_lost |= partition.has_computed_extents;
    }
    check(again && (has_lost || *again == reader.manifest()));
    (void)payload::parts_of(reader.manifest());
  }
  (void)payload::decode_signatures(bytes);
  return 0;
}
