// Any bytes as a document: reading ends, and what is read has that text alone.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/channel_metadata/metadata.h"

using namespace argosy;
using namespace argosy::channel_metadata;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto document = parse(text);
  if (document) {
    check(to_text(*document) == text, "one text for a document");
    check(text.find(signed_text(document->metadata)) != text.npos, "what is signed is in it");
  }
  const size_t half = size / 2;
  const auto order = compare_versions(text.substr(0, half), text.substr(half));
  check((compare_versions(text.substr(half), text.substr(0, half)) < 0) == (order > 0),
        "an order has two sides");
  return 0;
}
