// Who may say what a channel offers: RSA keys with ids, several of them, so that one can
// replace another. PKCS#1 v1.5 with SHA-256, as payloads are signed. Any thread.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "lib/channel_metadata/metadata.h"
#include "sys/crypto/rsa.h"

namespace argosy::channel_metadata {

// Machines whose clock is behind by more can't say what has expired.
inline constexpr Duration kMaxClockLag = hours(24);

struct Key {
  std::string id;  // hex of the SHA-256 of the SubjectPublicKeyInfo in DER
  RsaPublicKey key;
};

Key key_of(RsaPublicKey key);

class Keyring {
 public:
  // One or more public keys in PEM, one after the other; any text between them is skipped.
  static Result<Keyring> from_pem(std::string_view pem);

  bool is_empty() const { return keys_.empty(); }
  const std::vector<Key>& keys() const { return keys_; }
  const Key* find(std::string_view id) const;

 private:
  std::vector<Key> keys_;
};

// What the document must be for; `last_sequence` is the highest that was ever accepted for
// it, 0 if none was.
struct Expectation {
  std::string_view application;
  std::string_view channel;  // its name, or what one of its groups is called
  std::string_view arch;     // a document for "all" will do, too
  uint64_t last_sequence = 0;
};

// One signature by a known key will do. InvalidArgument: no such document;
// PermissionDenied: no known key signed it; FailedPrecondition: of another application,
// channel or architecture; OutOfRange: an older one than was seen; DeadlineExceeded: it has
// expired; Unavailable: it is from after `now`, so the clock is wrong. Each text is for the
// operator of the machine.
Result<Metadata> verify(std::string_view text, const Keyring& keyring, WallTime now,
                        const Expectation& expected);
// What a machine calls, in one: verify() with each thing named.
inline Result<Metadata> verify(std::string_view text, const Keyring& keyring, WallTime now,
                               uint64_t last_sequence, std::string_view application,
                               std::string_view channel, std::string_view arch) {
  return verify(text, keyring, now, {application, channel, arch, last_sequence});
}

// Makes a signature of these bytes; a key in a file, or a command that asks a device.
using Signer = std::function<Result<Bytes>(std::string_view signed_text)>;
Signer sign_with(RsaPrivateKey key);

// Adds a signature, or replaces the one of the same key. PermissionDenied when the signer's
// key is not `key`: what it made is checked.
Result<void> sign(Document& document, const Key& key, const Signer& signer);

}  // namespace argosy::channel_metadata
