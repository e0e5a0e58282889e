// For tests: the images of a version, and a payload that makes them.
#pragma once

#include <string>

#include "base/bytes.h"
#include "base/text.h"
#include "lib/payload/format/metadata.h"
#include "sys/crypto/digest.h"
#include "sys/random/random.h"

namespace argosy::update_engine {

inline constexpr uint64_t kSlotBytes = 64 << 10;
inline constexpr uint64_t kImageBlocks = 12;  // less than the slot has

struct Release {
  std::string version;
  Bytes image;
  Bytes kernel;
  Bytes payload;
};

class ReleaseMaker {
 public:
  explicit ReleaseMaker(const std::string& version)
      : random_(std::hash<std::string>()(version)), version_(version) {}

  Release make() {
    Release release{.version = version_,
                    .image = noise(kImageBlocks * payload::kBlockSize),
                    .kernel = noise(payload::kBlockSize + 1000),
                    .payload = {}};
    payload::Manifest manifest;
    manifest.block_size = payload::kBlockSize;
    manifest.partition_operations = replace(release.image);
    manifest.new_partition_info = info_of(release.image);
    manifest.procedures.push_back({.type = payload::Procedure::Type::kKernel,
                                   .operations = replace(release.kernel),
                                   .old_info = {},
                                   .new_info = info_of(release.kernel)});
    const Bytes encoded = payload::encode(manifest);
    release.payload = payload::encode(payload::Header{.manifest_size = encoded.size()}) + encoded +
                      release.image + release.kernel;
    return release;
  }

 private:
  Bytes noise(size_t size) {
    Bytes bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random_.next());
    return bytes;
  }

  static payload::InstallInfo info_of(const Bytes& bytes) {
    return {.size = bytes.size(), .sha256 = sha256(bytes)};
  }

  // Two blocks at a time; blobs follow each other in the payload.
  std::vector<payload::Operation> replace(const Bytes& bytes) {
    constexpr uint64_t kPiece = 2 * payload::kBlockSize;
    std::vector<payload::Operation> operations;
    for (uint64_t at = 0; at < bytes.size(); at += kPiece) {
      const Bytes blob = bytes.substr(at, kPiece);
      payload::Operation operation;
      operation.type = payload::OperationType::kReplace;
      operation.data_offset = blobs_;
      operation.data_length = blob.size();
      operation.data_sha256 = sha256(blob);
      operation.dst_extents = {{at / payload::kBlockSize,
                                (blob.size() + payload::kBlockSize - 1) / payload::kBlockSize}};
      blobs_ += blob.size();
      operations.push_back(std::move(operation));
    }
    return operations;
  }

  SeededRandom random_;
  std::string version_;
  uint64_t blobs_ = 0;
};

}  // namespace argosy::update_engine
