// What we need to know of an OpenPGP public key (RFC 4880; RFC 9580, version 4): its fingerprint
// and whose it says to be. gpgv verifies; nothing here does. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::rkt {

struct PublicKey {
  std::string fingerprint;              // of the primary key, 40 lower-case hex digits
  std::vector<std::string> subkeys;     // their fingerprints
  std::vector<std::string> identities;  // "Name <mail>"
  Bytes packets;                        // without armor
};

// One key, ASCII-armored. InvalidArgument for what is none, or is a secret key, or several.
Result<PublicKey> parse_public_key(std::string_view armored);

}  // namespace argosy::rkt
