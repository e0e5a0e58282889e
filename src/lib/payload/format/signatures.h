// The Signatures message at a payload's end. Pure.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::payload {

struct Signature {
  uint32_t version = 0;
  Bytes data;
};

// Several signatures are numbered so that the last one is of kSignatureVersion: two
// have versions 1 and 2. Of two RSA-2048 signatures this makes 528 bytes.
Bytes encode_signatures(const std::vector<Bytes>& signatures);
Result<std::vector<Signature>> decode_signatures(BytesView blob);

// How long the blob gets when the signatures have these sizes (RSA-2048: 256).
uint64_t signatures_size(const std::vector<uint64_t>& sizes);

}  // namespace argosy::payload
