#include "lib/image/descriptor.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "lib/image/media_type.h"

namespace argosy::image {
namespace {

Result<Platform> read_platform(const Fields& fields) {
  return Platform{.architecture = TRY(fields.text("architecture")),
                  .os = TRY(fields.text("os")),
                  .os_version = TRY(fields.text("os.version")),
                  .os_features = TRY(fields.texts("os.features")),
                  .variant = TRY(fields.text("variant"))};
}

json::Value to_json(const Platform& platform) {
  json::Object out{{"architecture", platform.architecture}, {"os", platform.os}};
  put_text(out, "os.version", platform.os_version);
  put_texts(out, "os.features", platform.os_features);
  put_text(out, "variant", platform.variant);
  return out;
}

// Without a variant arm means v7 and arm64 v8: what all their programs are built for.
std::string_view variant_of(const Platform& platform) {
  if (!platform.variant.empty()) return platform.variant;
  if (platform.architecture == "arm") return "v7";
  if (platform.architecture == "arm64") return "v8";
  if (platform.architecture == "amd64") return "v1";
  return {};
}

bool is_same(const Platform& a, const Platform& b) {
  return a.os == b.os && a.architecture == b.architecture && variant_of(a) == variant_of(b);
}

}  // namespace

std::string Platform::text() const {
  std::string out = format("{}/{}", os, architecture);
  if (!variant.empty()) out += "/" + variant;
  return out;
}

Descriptor empty_descriptor() {
  static constexpr std::string_view kDigest =
      "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
  auto digest = Digest::parse(kDigest);
  check(digest.has_value());
  return {.media_type = std::string(kOciEmpty),
          .digest = *std::move(digest),
          .size = kEmptyContent.size(),
          .data = Bytes(kEmptyContent)};
}

Result<Descriptor> read_descriptor(const Fields& fields) {
  Descriptor out;
  out.media_type = TRY(fields.text("mediaType"));
  const std::string digest = TRY(fields.required_text("digest"));
  auto parsed = Digest::parse(digest);
  if (!parsed) return fields.refuse("digest", parsed.error().message());
  out.digest = *std::move(parsed);
  if (!fields.has("size")) return fields.refuse("size", "must be set");
  out.size = TRY(fields.number("size"));
  out.urls = TRY(fields.texts("urls"));
  out.annotations = TRY(fields.text_map("annotations"));
  out.artifact_type = TRY(fields.text("artifactType"));
  if (const auto platform = TRY(fields.object("platform"))) {
    out.platform = TRY(read_platform(*platform));
  }
  if (fields.has("data")) {
    out.data = from_base64(TRY(fields.text("data")));
    if (!out.data) return fields.refuse("data", "not base64");
    if (out.data->size() != out.size) return fields.refuse("data", "not as long as size says");
  }
  return out;
}

json::Value to_json(const Descriptor& descriptor) {
  json::Object out{{"mediaType", descriptor.media_type},
                   {"digest", descriptor.digest.text()},
                   {"size", descriptor.size}};
  put_texts(out, "urls", descriptor.urls);
  put_text_map(out, "annotations", descriptor.annotations);
  if (descriptor.data) out.emplace_back("data", to_base64(*descriptor.data));
  if (descriptor.platform) out.emplace_back("platform", to_json(*descriptor.platform));
  put_text(out, "artifactType", descriptor.artifact_type);
  return out;
}

std::vector<Platform> runnable_on(const Platform& host) {
  std::vector<Platform> out{host};
  const std::string_view variant = variant_of(host);
  const int lowest = host.architecture == "arm" ? 5 : host.architecture == "amd64" ? 1 : 10;
  if (variant.size() != 2 || variant[0] != 'v') return out;
  for (int level = variant[1] - '0' - 1; level >= lowest; --level) {
    out.push_back(host);
    out.back().variant = format("v{}", level);
  }
  return out;
}

const Descriptor* choose(const std::vector<Descriptor>& from, const Platform& host) {
  const auto is_image = [](const Descriptor& candidate) {
    return is_manifest(candidate.media_type) || is_index(candidate.media_type);
  };
  for (const Platform& wanted : runnable_on(host)) {
    for (const Descriptor& candidate : from) {
      const bool fits = candidate.platform && is_same(*candidate.platform, wanted);
      if (fits && is_image(candidate)) return &candidate;
    }
  }
  for (const Descriptor& candidate : from) {
    if (!candidate.platform && is_image(candidate)) return &candidate;
  }
  return nullptr;
}

}  // namespace argosy::image
