// Names of images in registries, as Docker's users write them: "busybox",
// "quay.io/coreos/etcd:v3.4.0", "localhost:5000/a/b@sha256:...". Names and tags are of
// distribution-spec 1.1.1; what is left out is Docker Hub, its "library", and "latest".
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/image/digest.h"

namespace argosy::image {

inline constexpr std::string_view kDefaultHost = "docker.io";
inline constexpr size_t kMaxNameBytes = 255;

struct Reference {
  std::string host;  // with its port; "docker.io" if none was given
  std::string path;  // "library/busybox"
  std::string tag;   // empty if there is only a digest
  std::optional<Digest> digest;

  // "docker.io/library/busybox"
  std::string name() const { return host + "/" + path; }
  // In full, with tag and digest.
  std::string text() const;
  // As short as it can be: "busybox:1.36".
  std::string familiar() const;
  // What a registry is asked for: the digest, or the tag.
  const std::string& version() const { return digest ? digest->text() : tag; }

  bool operator==(const Reference&) const = default;
};

// Errors are those of Docker: "invalid reference format" and others.
Result<Reference> parse_reference(std::string_view text);

bool is_tag(std::string_view text);
// A path of a repository, without a host.
bool is_repository(std::string_view text);

}  // namespace argosy::image
