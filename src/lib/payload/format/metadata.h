// The front of a payload: header, manifest and, in major version 2, the metadata's own
// signature. MetadataReader takes it from pieces of any size; it refuses a manifest that
// is larger than the limit as soon as the header is there, and never allocates what a
// header merely claims. Pure; one thread.
#pragma once

#include "lib/payload/format/error_code.h"
#include "lib/payload/format/manifest.h"

namespace argosy::payload {

struct Header {
  uint64_t major_version = 1;
  uint64_t manifest_size = 0;
  uint32_t metadata_signature_size = 0;  // major version 2

  uint64_t size() const { return major_version >= 2 ? kHeaderSizeV2 : kHeaderSizeV1; }
  uint64_t metadata_size() const { return size() + manifest_size; }
  // Where the first blob is.
  uint64_t blobs_offset() const { return metadata_size() + metadata_signature_size; }
};

Bytes encode(const Header& header);

class MetadataReader {
 public:
  explicit MetadataReader(Limits limits = {}) : limits_(limits) {}

  // Takes what belongs to the metadata from the front of `bytes`. After an error it is
  // of no further use; error_code() is then the original's number for it.
  Result<void> feed(BytesView& bytes);

  bool is_complete() const { return is_complete_; }
  // Bytes taken so far.
  uint64_t size() const { return raw_.size(); }
  ErrorCode error_code() const { return error_code_; }
  // Valid when complete.
  const Header& header() const { return header_; }
  const Manifest& manifest() const { return manifest_; }
  // Header and manifest as they came: what the metadata's signature covers.
  BytesView metadata() const { return BytesView(raw_).substr(0, header_.metadata_size()); }
  BytesView metadata_signature() const { return BytesView(raw_).substr(header_.metadata_size()); }

 private:
  // Fills raw_ up to `size`; false when more input is needed.
  bool fill(BytesView& bytes, uint64_t size);
  Result<void> refuse(ErrorCode code, Code kind, std::string why);
  Result<void> read_header();
  Result<void> read_manifest();

  Limits limits_;
  Bytes raw_;
  Header header_;
  bool has_header_ = false;
  bool is_complete_ = false;
  ErrorCode error_code_ = ErrorCode::kSuccess;
  Manifest manifest_;
};

}  // namespace argosy::payload
