// Media types of images: OCI's and their equals of Docker (image-spec 1.1.1, media-types.md).
#pragma once

#include <string_view>

namespace argosy::image {

inline constexpr std::string_view kOciIndex = "application/vnd.oci.image.index.v1+json";
inline constexpr std::string_view kOciManifest = "application/vnd.oci.image.manifest.v1+json";
inline constexpr std::string_view kOciConfig = "application/vnd.oci.image.config.v1+json";
inline constexpr std::string_view kOciLayer = "application/vnd.oci.image.layer.v1.tar";
inline constexpr std::string_view kOciLayerGzip = "application/vnd.oci.image.layer.v1.tar+gzip";
inline constexpr std::string_view kOciLayerZstd = "application/vnd.oci.image.layer.v1.tar+zstd";
inline constexpr std::string_view kOciForeignLayer =
    "application/vnd.oci.image.layer.nondistributable.v1.tar";
inline constexpr std::string_view kOciEmpty = "application/vnd.oci.empty.v1+json";
inline constexpr std::string_view kDockerList =
    "application/vnd.docker.distribution.manifest.list.v2+json";
inline constexpr std::string_view kDockerManifest =
    "application/vnd.docker.distribution.manifest.v2+json";
inline constexpr std::string_view kDockerConfig = "application/vnd.docker.container.image.v1+json";
inline constexpr std::string_view kDockerLayer = "application/vnd.docker.image.rootfs.diff.tar";
inline constexpr std::string_view kDockerLayerGzip =
    "application/vnd.docker.image.rootfs.diff.tar.gzip";
inline constexpr std::string_view kDockerLayerZstd =
    "application/vnd.docker.image.rootfs.diff.tar.zstd";
inline constexpr std::string_view kDockerForeignLayer =
    "application/vnd.docker.image.rootfs.foreign.diff.tar";

// The empty descriptor's content.
inline constexpr std::string_view kEmptyContent = "{}";

inline bool is_index(std::string_view type) {
  return type == kOciIndex || type == kDockerList;
}
inline bool is_manifest(std::string_view type) {
  return type == kOciManifest || type == kDockerManifest;
}
inline bool is_config(std::string_view type) {
  return type == kOciConfig || type == kDockerConfig;
}
inline bool is_foreign_layer(std::string_view type) {
  return type.starts_with(kOciForeignLayer) || type.starts_with(kDockerForeignLayer);
}
// Of a file system's layer, packed in any way that the specification knows.
inline bool is_layer(std::string_view type) {
  if (is_foreign_layer(type)) return true;
  return type == kOciLayer || type == kOciLayerGzip || type == kOciLayerZstd ||
         type == kDockerLayer || type == kDockerLayerGzip || type == kDockerLayerZstd;
}

}  // namespace argosy::image
