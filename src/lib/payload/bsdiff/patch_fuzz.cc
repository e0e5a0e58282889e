// A patch of any bytes against a small old file: it ends, and makes no more than it says.
#include <algorithm>

#include "base/check.h"
#include "lib/payload/bsdiff/patch.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy;
  const BytesView patch(reinterpret_cast<const char*>(data), size);
  const Bytes old = "an old file, of which the patch may take what it likes";
  const auto said = payload::patched_size(patch);
  if (!said || *said > 1 << 20) return 0;
  uint64_t made = 0;
  const auto done = payload::apply_patch(
      patch, old.size(),
      [&](uint64_t offset, std::span<char> to) -> Result<void> {
        check(offset <= old.size() && to.size() <= old.size() - offset);
        std::ranges::copy(BytesView(old).substr(offset, to.size()), to.begin());
        return {};
      },
      [&](BytesView bytes) -> Result<void> {
        made += bytes.size();
        return {};
      });
  check(made <= *said && (!done || made == *said));
  return 0;
}
