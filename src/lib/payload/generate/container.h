// Writing the container: metadata, blobs, signatures, in one pass, and the same again
// for a payload that is signed later, by a key that is elsewhere.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "lib/payload/format/metadata.h"
#include "lib/payload/signature/signature.h"
#include "sys/file/disk.h"

namespace argosy::payload {

// Says where the signatures will be, and mirrors them as an operation without effect for
// clients that know only operations. `sizes`: of each signature, in bytes.
void make_room(Manifest& manifest, uint64_t blobs_size, const std::vector<uint64_t>& sizes);

// Header and manifest. Room in the manifest means, in major version 2, that the
// metadata's own signature follows.
Bytes metadata_of(const Manifest& manifest, uint64_t major_version,
                  const std::vector<uint64_t>& sizes);

// Gives all blobs, in order, to `take`.
using TakeBytes = std::function<Result<void>(BytesView bytes)>;
using GiveBlobs = std::function<Result<void>(const TakeBytes& take)>;
// The blob for a digest: sign() with keys, or what came from elsewhere.
using MakeSignatures = std::function<Result<Bytes>(BytesView sha256)>;

struct ContainerParts {
  Bytes metadata;
  Bytes metadata_signature;  // major version 2, signed
  GiveBlobs blobs;
  MakeSignatures signatures;  // none for an unsigned payload
};

// Replaces `path` by the container; returns its size.
Result<uint64_t> write_container(Disk& disk, const std::string& path, const ContainerParts& parts);

// -- Payload files

struct HashesToSign {
  Bytes payload;
  Bytes metadata;
};
// What is to be signed of an unsigned payload, once there is room for such signatures.
Result<HashesToSign> hashes_to_sign(Disk& disk, const std::string& path,
                                    const std::vector<uint64_t>& sizes);
// The SHA-256 of header and manifest as they are.
Result<Bytes> metadata_hash(Disk& disk, const std::string& path);

// Writes the payload again with signatures that were made elsewhere; those of the
// metadata belong to major version 2. Returns the size of the final metadata.
Result<uint64_t> embed_signatures(Disk& disk, const std::string& path,
                                  const std::vector<Bytes>& signatures,
                                  const std::vector<Bytes>& metadata_signatures,
                                  const std::string& out_path);

// PermissionDenied unless it is signed by one of the keys; the manifest's word on where
// things are is checked too.
Result<void> verify_file(Disk& disk, const std::string& path, const Keyring& keys,
                         std::optional<uint32_t> version);

}  // namespace argosy::payload
