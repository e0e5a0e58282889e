// Payloads from images: full ones, or deltas between two. Blobs go to a temporary file
// beside the output as they are made, in the order of the operations; then header,
// manifest, blobs and signatures are written, and the file renamed into its place.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "lib/payload/generate/parallel.h"
#include "lib/payload/generate/work.h"
#include "sys/crypto/rsa.h"
#include "sys/file/disk.h"

namespace argosy::payload {

struct PartImages {
  std::string fresh_path;
  std::string old_path;  // empty: a full payload of this part
};

struct GenerateOptions {
  Profile profile = Profile::kCompatible;
  ParallelBounds bounds;
  // The partition; its size is a multiple of the block.
  PartImages partition;
  // Files beside it; none when fresh_path is empty.
  PartImages kernel;
  PartImages pcr_policy;
  std::string out_path;
  // Signs at once when there are any.
  std::vector<RsaPrivateKey> keys;
};

struct GenerateReport {
  uint64_t metadata_size = 0;
  uint64_t payload_size = 0;
  // By operation_name(): how many, and the bytes of their blobs and blocks.
  struct Sum {
    uint64_t operations = 0;
    uint64_t blob_bytes = 0;
    uint64_t blocks = 0;
  };
  std::map<std::string, Sum> by_type;
};

// InvalidArgument for images that can't be: an empty one, one of a size that is no
// multiple of the block.
Result<GenerateReport> generate(Disk& disk, const GenerateOptions& options);

}  // namespace argosy::payload
