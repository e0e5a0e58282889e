// Any bytes as every kind of document: reading ends, and what was read is the same after
// writing and reading.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/image/config.h"
#include "lib/image/manifest.h"
#include "lib/image/reference.h"

using namespace argosy;
using namespace argosy::image;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto digest = Digest::parse(text)) {
    check(digest->text() == text);
    check(digest->encoded().find('/') == std::string_view::npos);
  }
  if (const auto reference = parse_reference(text)) {
    check(parse_reference(reference->text()) == *reference);
    check(parse_reference(reference->familiar()) == *reference);
  }
  if (const auto document = parse_document_of(text)) {
    const auto written = std::visit([](const auto& what) { return to_json(what); }, *document);
    const auto again = parse_document_of(json::to_text(written));
    check(again && *again == *document);
  }
  if (const auto config = parse_config(text)) {
    check(parse_config(json::to_text(to_json(*config))) == *config);
  }
  if (const auto images = parse_archived_images(text)) {
    check(parse_archived_images(json::to_text(to_json(*images))) == *images);
  }
  return 0;
}
