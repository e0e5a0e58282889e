// Message digests (FIPS 180-4). Any thread.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace argosy {

// 20 and 32 bytes.
Bytes sha1(BytesView bytes);
Bytes sha256(BytesView bytes);

// SHA-256 of what is fed piece by piece. A value: a copy goes on by itself.
class Sha256 {
 public:
  Sha256();

  void update(BytesView bytes);
  // Once.
  Bytes finish();

  // What is needed to go on later, in another process: OpenSSL's SHA256_CTX (112 bytes,
  // this machine's byte order), which is what update_engine keeps in its preferences.
  Bytes save() const;
  // Empty when these bytes can be no such state.
  static std::optional<Sha256> restore(BytesView state);

 private:
  static constexpr size_t kStateSize = 112;
  alignas(8) unsigned char state_[kStateSize];
};

}  // namespace argosy
