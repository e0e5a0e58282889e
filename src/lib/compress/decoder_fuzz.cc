// Any bytes as a packed stream of any format: reading ends, within its buffers.
#include <cstddef>
#include <cstdint>

#include "lib/compress/decoder.h"

using namespace argosy;
using namespace argosy::compress;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  BytesView rest(reinterpret_cast<const char*>(data), size);
  const size_t piece = size == 0 ? 1 : data[size / 2] + size_t{1};
  Decoder decoder(format_of(rest), [&]() -> Result<BytesView> {
    const BytesView out = rest.substr(0, piece);
    rest.remove_prefix(out.size());
    return out;
  });
  Bytes buffer(1000, '\0');
  for (int i = 0; i < 4000; ++i) {
    const auto count = decoder.read(buffer);
    if (!count || *count < buffer.size()) break;
  }
  return 0;
}
