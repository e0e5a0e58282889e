// Manifests and indexes, OCI's and Docker's (image-spec 1.1.1, manifest.md and
// image-index.md). Both kinds are told apart by what they hold, and a document that could be
// read as either is refused (CVE-2021-41190).
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "lib/image/descriptor.h"

namespace argosy::image {

struct Manifest {
  std::string media_type;  // kOciManifest or kDockerManifest
  std::string artifact_type;
  Descriptor config;
  std::vector<Descriptor> layers;  // the base first
  std::optional<Descriptor> subject;
  TextMap annotations;

  bool operator==(const Manifest&) const = default;
};

struct Index {
  std::string media_type;  // kOciIndex or kDockerList
  std::string artifact_type;
  std::vector<Descriptor> manifests;
  std::optional<Descriptor> subject;
  TextMap annotations;

  bool operator==(const Index&) const = default;
};

using Document = std::variant<Manifest, Index>;

// `expected_type` is what the descriptor or the Content-Type said; empty: unknown. What the
// document says of itself must agree.
Result<Document> parse_document_of(std::string_view text, std::string_view expected_type = {});
Result<Manifest> parse_manifest(std::string_view text, std::string_view expected_type = {});
Result<Index> parse_index(std::string_view text, std::string_view expected_type = {});

json::Value to_json(const Manifest& manifest);
json::Value to_json(const Index& index);

// What `docker save` writes as manifest.json.
struct ArchivedImage {
  std::string config;  // the path of a file in the archive
  Texts tags;          // "busybox:latest"
  Texts layers;        // paths, the base first

  bool operator==(const ArchivedImage&) const = default;
};
Result<std::vector<ArchivedImage>> parse_archived_images(std::string_view text);
json::Value to_json(const std::vector<ArchivedImage>& images);

}  // namespace argosy::image
