// Layers from their packed form to trees: reading, unpacking, hashing and writing overlap on
// threads of their own, with a bounded ring of blocks between them.
#pragma once

#include <string>
#include <vector>

#include "lib/compress/decoder.h"
#include "lib/image/digest.h"
#include "lib/unpack/extract.h"

namespace argosy::unpack {

struct Layer {
  // Called on a thread of its own; the packed bytes, whatever their format.
  compress::Decoder::Source source;
  // What must come out; empty digests and a size of 0 are unknown.
  image::Digest digest;   // of the packed bytes
  uint64_t size = 0;      // of the packed bytes
  image::Digest diff_id;  // of the archive itself
};

struct Unpacked {
  image::Digest digest;  // of the algorithm that was expected, or else sha256
  uint64_t size = 0;
  image::Digest diff_id;
  uint64_t archive_size = 0;
  compress::Format format = compress::Format::kNone;
  Extracted files;
};

// The layer's files below the directory. An error leaves some of them there: a tree is good
// only when this has succeeded, since digests are known at the end. DataLoss: a size or a
// digest is another than expected; ResourceExhausted: more comes out than Limits allow.
Result<Unpacked> unpack_layer(Layer layer, int directory_fd, const Options& options);

struct Job {
  Layer layer;
  std::string directory;  // exists, and is the job's own
};
// Several at once, at most `parallel`; results in the order of the jobs. After an error no
// further job begins, and the first error in that order is returned.
Result<std::vector<Unpacked>> unpack_layers(std::vector<Job> jobs, const Options& options,
                                            unsigned parallel);

// The bytes of a file.
Result<compress::Decoder::Source> file_source(const std::string& path);

}  // namespace argosy::unpack
