// Any bytes as an archive: reading ends, holes and data lie inside files, and what was read can
// be written and is read the same.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/tar/reader.h"
#include "lib/tar/writer.h"

using namespace argosy;
using namespace argosy::tar;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const size_t piece = size == 0 ? 1 : data[size - 1] + size_t{1};
  BytesView rest(reinterpret_cast<const char*>(data), size);
  Reader reader([&]() -> Result<BytesView> {
    const BytesView out = rest.substr(0, piece);
    rest.remove_prefix(out.size());
    return out;
  });
  Bytes copy;
  Writer writer([&](BytesView bytes) -> Result<void> {
    copy += bytes;
    return {};
  });
  std::vector<Entry> seen;
  while (true) {
    const auto entry = reader.next();
    if (!entry || *entry == nullptr) break;
    check(!(*entry)->path.empty());
    uint64_t end = 0;
    while (true) {
      const auto part = reader.read();
      if (!part || part->bytes.empty()) break;
      check(part->offset >= end && part->offset + part->bytes.size() <= (*entry)->size);
      end = part->offset + part->bytes.size();
    }
    Entry bare = **entry;
    bare.size = 0;
    bare.is_sparse = false;
    bare.extents = {{.offset = 0, .size = 0}};
    if (bare.type == Type::kDirectory && !bare.path.ends_with('/')) bare.path += '/';
    const bool was_directory = bare.type == Type::kFile && bare.path.ends_with('/');
    if (was_directory) bare.type = Type::kDirectory;
    check(writer.add(bare).has_value());
    seen.push_back(std::move(bare));
  }
  check(writer.finish().has_value());
  bool was_given = false;
  Reader again([&]() -> Result<BytesView> {
    return std::exchange(was_given, true) ? BytesView() : BytesView(copy);
  });
  for (const Entry& entry : seen) {
    const auto read = again.next();
    check(read && *read != nullptr && **read == entry);
  }
  const auto end = again.next();
  check(end && *end == nullptr);
  return 0;
}
