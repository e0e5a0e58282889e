// HMAC with SHA-256 (RFC 2104), and comparing secrets. Any thread.
#pragma once

#include "base/bytes.h"

namespace argosy {

// 32 bytes.
Bytes hmac_sha256(BytesView key, BytesView message);
// Takes the same time wherever they differ.
bool is_equal_secret(BytesView a, BytesView b);

}  // namespace argosy
