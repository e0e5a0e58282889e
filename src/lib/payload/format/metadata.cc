#include "lib/payload/format/metadata.h"

#include <algorithm>

#include "base/format.h"

namespace argosy::payload {

Bytes encode(const Header& header) {
  Bytes bytes(kMagic);
  append_be64(bytes, header.major_version);
  append_be64(bytes, header.manifest_size);
  if (header.major_version >= 2) append_be32(bytes, header.metadata_signature_size);
  return bytes;
}

bool MetadataReader::fill(BytesView& bytes, uint64_t size) {
  const uint64_t missing = size - raw_.size();
  const size_t taken = std::min<uint64_t>(missing, bytes.size());
  raw_.append(bytes.substr(0, taken));
  bytes.remove_prefix(taken);
  return taken == missing;
}

Result<void> MetadataReader::refuse(ErrorCode code, Code kind, std::string why) {
  error_code_ = code;
  return fail(kind, std::move(why));
}

Result<void> MetadataReader::read_header() {
  if (!raw_.starts_with(kMagic)) {
    return refuse(ErrorCode::kDownloadInvalidMetadataMagicString, Code::kInvalidArgument,
                  "Bad payload format -- invalid delta magic.");
  }
  header_.major_version = load_be64(raw_.data() + 4);
  header_.manifest_size = load_be64(raw_.data() + 12);
  if (header_.major_version > 2) {
    return refuse(ErrorCode::kDownloadManifestParse, Code::kUnimplemented,
                  format("payload of major version {}; this reads 1 and 2", header_.major_version));
  }
  if (header_.manifest_size > limits_.manifest_bytes) {
    return refuse(ErrorCode::kDownloadInvalidMetadataSize, Code::kResourceExhausted,
                  format("a manifest of {} bytes is larger than {}", header_.manifest_size,
                         limits_.manifest_bytes));
  }
  return {};
}

Result<void> MetadataReader::read_manifest() {
  auto manifest =
      decode_manifest(BytesView(raw_).substr(header_.size(), header_.manifest_size), limits_);
  if (!manifest) {
    return refuse(ErrorCode::kDownloadManifestParse, manifest.error().code(),
                  manifest.error().text());
  }
  manifest_ = *std::move(manifest);
  is_complete_ = true;
  return {};
}

Result<void> MetadataReader::feed(BytesView& bytes) {
  if (is_complete_) return {};
  if (!has_header_) {
    if (raw_.size() < kHeaderSizeV1) {
      // Garbage is refused at its first wrong byte, however little has come.
      const bool is_whole = fill(bytes, kHeaderSizeV1);
      const size_t seen = std::min(raw_.size(), kMagic.size());
      if (!is_whole && kMagic.starts_with(BytesView(raw_).substr(0, seen))) return {};
      TRY(read_header());
    }
    if (!fill(bytes, header_.size())) return {};
    if (header_.major_version >= 2) {
      header_.metadata_signature_size = load_be32(raw_.data() + kHeaderSizeV1);
    }
    if (header_.metadata_signature_size > limits_.signature_bytes) {
      return refuse(ErrorCode::kDownloadInvalidMetadataSize, Code::kResourceExhausted,
                    "the metadata's signature is too large");
    }
    has_header_ = true;
  }
  if (!fill(bytes, header_.blobs_offset())) return {};
  return read_manifest();
}

}  // namespace argosy::payload
