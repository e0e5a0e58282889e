// Any bytes as an image manifest: reading ends, and what was read is the same after writing
// and reading.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "lib/appc/convert.h"
#include "lib/appc/names.h"
#include "lib/appc/pod_manifest.h"

using namespace argosy;
using namespace argosy::appc;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto manifest = parse_image_manifest(text)) {
    check(parse_image_manifest(json::to_text(to_json(*manifest))) == *manifest);
  }
  if (const auto pod = parse_pod_manifest(text)) {
    check(parse_pod_manifest(json::to_text(to_json(*pod))) == *pod);
  }
  if (const auto volume = parse_volume(text)) check(!volume->name.empty());
  if (const auto name = sanitized_name(text)) check(judge_name(*name).has_value());
  if (const auto name = sanitized_identifier(text)) check(judge_identifier(*name).has_value());
  if (const auto config = image::parse_config(text)) {
    const auto reference = image::parse_reference("a.b/c:d");
    const Origin origin{
        .original_name = "x", .reference = *reference, .manifest_digest = {}, .top_layer = {}};
    (void)convert(*config, origin);
  }
  return 0;
}
