// Descriptors and platforms (image-spec 1.1.1, descriptor.md and image-index.md).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/image/digest.h"
#include "lib/image/fields.h"

namespace argosy::image {

struct Platform {
  std::string architecture;  // Go's names: "amd64", "arm64"
  std::string os;
  std::string os_version;
  Texts os_features;
  std::string variant;  // "v7"

  // "linux/arm/v7"
  std::string text() const;
  bool operator==(const Platform&) const = default;
};

struct Descriptor {
  std::string media_type;
  Digest digest;
  uint64_t size = 0;
  Texts urls;
  TextMap annotations;
  std::optional<Bytes> data;  // the content itself; as long as size says
  std::string artifact_type;
  std::optional<Platform> platform;

  bool operator==(const Descriptor&) const = default;
};

// Of the content "{}".
Descriptor empty_descriptor();

Result<Descriptor> read_descriptor(const Fields& fields);
json::Value to_json(const Descriptor& descriptor);

// The platforms whose programs this one runs, the best first: arm v7 also runs v6 and v5.
std::vector<Platform> runnable_on(const Platform& host);
// The first descriptor of the best platform there is; those that name no platform are the
// last resort. Only manifests and indexes count. Null: none fits.
const Descriptor* choose(const std::vector<Descriptor>& from, const Platform& host);

}  // namespace argosy::image
