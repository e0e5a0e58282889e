// An image of OCI or Docker as an appc image, all layers in one: what docker2aci makes with
// squashing, which is what rkt runs (appc/docker2aci: lib/internal/internal.go).
#pragma once

#include "lib/appc/manifest.h"
#include "lib/image/config.h"
#include "lib/image/reference.h"

namespace argosy::appc {

// Where the image came from.
struct Origin {
  std::string original_name;  // as the user wrote it
  image::Reference reference;
  image::Digest manifest_digest;  // empty: unknown (an archive)
  image::Digest top_layer;        // empty: the image has no layer
};

// InvalidArgument for what appc has no words for: a port that is no number, a platform
// without a name.
Result<ImageManifest> convert(const image::Config& config, const Origin& origin);

// "etcd-v3.4.0-linux-amd64.aci"
std::string archive_name(const Origin& origin, const image::Config& config);

}  // namespace argosy::appc
