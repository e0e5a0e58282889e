// Detached signatures of files, verified by gpgv(1).
#pragma once

#include <string>
#include <vector>

#include "parts/rkt/trust/public_key.h"

namespace argosy::rkt {

// The keys that made good signatures. PermissionDenied: none of these keys did, or a signature is
// bad; Unavailable: there is no gpgv. Makes files in `temporary` while it runs.
Result<std::vector<PublicKey>> verify_file(const std::string& file, const std::string& signature,
                                           const std::vector<PublicKey>& keys,
                                           const std::string& temporary);

}  // namespace argosy::rkt
