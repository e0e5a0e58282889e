// CRC-32C (Castagnoli, RFC 3720 appendix B.4) with the processor's instruction
// where it has one. crc32c(crc32c(0, a), b) is the checksum of a followed by b, the
// convention of Go's hash/crc32.Update.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace argosy {

uint32_t crc32c(uint32_t seed, BytesView bytes);

}  // namespace argosy
