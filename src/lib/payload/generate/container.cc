#include "lib/payload/generate/container.h"

#include <algorithm>

#include "base/format.h"
#include "lib/payload/format/signatures.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {
namespace {

constexpr size_t kPiece = 1 << 20;

class Output {
 public:
  explicit Output(std::unique_ptr<File> file) : file_(std::move(file)) {}
  Result<void> write(BytesView bytes) {
    TRY(file_->write_at(size_, bytes));
    size_ += bytes.size();
    return {};
  }
  uint64_t size() const { return size_; }
  Result<void> sync() { return file_->sync(); }

 private:
  std::unique_ptr<File> file_;
  uint64_t size_ = 0;
};

Result<void> read_range(File& file, uint64_t offset, uint64_t end, const TakeBytes& take) {
  Bytes piece(kPiece, '\0');
  while (offset < end) {
    const size_t wanted = std::min<uint64_t>(kPiece, end - offset);
    const size_t size = TRY(file.read_at(offset, piece.data(), wanted));
    if (size == 0) return fail(Code::kOutOfRange, format("{}: ends early", file.path()));
    TRY(take(BytesView(piece).substr(0, size)));
    offset += size;
  }
  return {};
}

// A payload file with its metadata read.
struct Payload {
  std::unique_ptr<File> file;
  MetadataReader metadata;
  uint64_t size = 0;
};

Result<Payload> open_payload(Disk& disk, const std::string& path) {
  Payload payload;
  payload.file = TRY(disk.open(path, {.write = false}));
  payload.size = TRY(payload.file->size());
  Bytes piece(kPiece, '\0');
  while (!payload.metadata.is_complete()) {
    const uint64_t at = payload.metadata.size();
    const size_t size = TRY(payload.file->read_at(at, piece.data(), piece.size()));
    if (size == 0) {
      return fail(Code::kInvalidArgument, format("{}: ends within its metadata", path));
    }
    BytesView bytes = BytesView(piece).substr(0, size);
    TRY_CONTEXT(payload.metadata.feed(bytes), path);
  }
  return payload;
}

// The metadata of an unsigned payload with room for signatures.
Result<Bytes> metadata_with_room(const Payload& payload, const std::vector<uint64_t>& sizes) {
  const Header& header = payload.metadata.header();
  Manifest manifest = payload.metadata.manifest();
  if (manifest.signatures_offset || manifest.signatures_size) {
    return fail(Code::kFailedPrecondition, "the payload is signed already");
  }
  if (encode(manifest) != payload.metadata.metadata().substr(header.size())) {
    return fail(Code::kUnimplemented,
                "the payload's manifest has fields that this program would lose");
  }
  make_room(manifest, payload.size - header.blobs_offset(), sizes);
  return metadata_of(manifest, header.major_version, sizes);
}

}  // namespace

void make_room(Manifest& manifest, uint64_t blobs_size, const std::vector<uint64_t>& sizes) {
  const uint64_t size = signatures_size(sizes);
  manifest.signatures_offset = blobs_size;
  manifest.signatures_size = size;
  if (!manifest.partitions.empty()) return;
  Operation dummy;
  dummy.type = OperationType::kReplace;
  dummy.data_offset = blobs_size;
  dummy.data_length = size;
  dummy.dst_extents = {{kHole, (size + kBlockSize - 1) / kBlockSize}};
  manifest.noop_operations.push_back(std::move(dummy));
}

Bytes metadata_of(const Manifest& manifest, uint64_t major_version,
                  const std::vector<uint64_t>& sizes) {
  const Bytes encoded = encode(manifest);
  Header header{.major_version = major_version, .manifest_size = encoded.size()};
  if (major_version >= 2 && manifest.signatures_size) {
    header.metadata_signature_size = static_cast<uint32_t>(signatures_size(sizes));
  }
  return encode(header) + encoded;
}

Result<uint64_t> write_container(Disk& disk, const std::string& path, const ContainerParts& parts) {
  const std::string part_path = path + ".part";
  Output out(TRY(disk.open(part_path, {.create = true, .truncate = true, .mode = 0644})));
  Sha256 hash;
  hash.update(parts.metadata);
  TRY(out.write(parts.metadata));
  TRY(out.write(parts.metadata_signature));
  TRY(parts.blobs([&](BytesView bytes) {
    hash.update(bytes);
    return out.write(bytes);
  }));
  if (parts.signatures) {
    const Bytes blob = TRY(parts.signatures(hash.finish()));
    TRY(out.write(blob));
  }
  TRY(out.sync());
  TRY(disk.rename(part_path, path));
  return out.size();
}

Result<HashesToSign> hashes_to_sign(Disk& disk, const std::string& path,
                                    const std::vector<uint64_t>& sizes) {
  const Payload payload = TRY(open_payload(disk, path));
  const Bytes metadata = TRY(metadata_with_room(payload, sizes));
  Sha256 hash;
  hash.update(metadata);
  TRY(read_range(*payload.file, payload.metadata.header().blobs_offset(), payload.size,
                 [&](BytesView bytes) -> Result<void> {
                   hash.update(bytes);
                   return {};
                 }));
  return HashesToSign{.payload = hash.finish(), .metadata = sha256(metadata)};
}

Result<Bytes> metadata_hash(Disk& disk, const std::string& path) {
  const Payload payload = TRY(open_payload(disk, path));
  return sha256(payload.metadata.metadata());
}

Result<uint64_t> embed_signatures(Disk& disk, const std::string& path,
                                  const std::vector<Bytes>& signatures,
                                  const std::vector<Bytes>& metadata_signatures,
                                  const std::string& out_path) {
  const Payload payload = TRY(open_payload(disk, path));
  std::vector<uint64_t> sizes;
  for (const Bytes& signature : signatures) sizes.push_back(signature.size());
  ContainerParts parts;
  parts.metadata = TRY(metadata_with_room(payload, sizes));
  if (payload.metadata.header().major_version >= 2) {
    parts.metadata_signature = encode_signatures(metadata_signatures);
    if (parts.metadata_signature.size() != signatures_size(sizes)) {
      return fail(Code::kInvalidArgument,
                  "the metadata needs signatures of the same sizes as the payload");
    }
  } else if (!metadata_signatures.empty()) {
    return fail(Code::kInvalidArgument, "only major version 2 has signed metadata");
  }
  parts.blobs = [&](const TakeBytes& take) {
    return read_range(*payload.file, payload.metadata.header().blobs_offset(), payload.size, take);
  };
  parts.signatures = [&](BytesView) -> Result<Bytes> { return encode_signatures(signatures); };
  TRY(write_container(disk, out_path, parts));
  return parts.metadata.size();
}

Result<void> verify_file(Disk& disk, const std::string& path, const Keyring& keys,
                         std::optional<uint32_t> version) {
  const Payload payload = TRY(open_payload(disk, path));
  const Manifest& manifest = payload.metadata.manifest();
  const Header& header = payload.metadata.header();
  if (!manifest.signatures_offset || !manifest.signatures_size) {
    return fail(Code::kPermissionDenied, "the payload is not signed");
  }
  const uint64_t blobs = payload.size - header.blobs_offset();
  if (*manifest.signatures_size > blobs ||
      *manifest.signatures_offset != blobs - *manifest.signatures_size) {
    return fail(Code::kInvalidArgument, "the signatures are not at the payload's end");
  }
  if (header.metadata_signature_size > 0) {
    TRY_CONTEXT(keys.verify(payload.metadata.metadata_signature(),
                            sha256(payload.metadata.metadata()), version),
                "the metadata");
  }
  Sha256 hash;
  hash.update(payload.metadata.metadata());
  const uint64_t end = payload.size - *manifest.signatures_size;
  TRY(read_range(*payload.file, header.blobs_offset(), end, [&](BytesView bytes) -> Result<void> {
    hash.update(bytes);
    return {};
  }));
  Bytes blob;
  TRY(read_range(*payload.file, end, payload.size, [&](BytesView bytes) -> Result<void> {
    blob += bytes;
    return {};
  }));
  return keys.verify(blob, hash.finish(), version);
}

}  // namespace argosy::payload
