// Message digests (FIPS 180-4). Any thread.
#pragma once

#include "base/bytes.h"

namespace argosy {

// 20 and 32 bytes.
Bytes sha1(BytesView bytes);
Bytes sha256(BytesView bytes);

// SHA-256 of what is fed piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void update(BytesView bytes);
  // Once.
  Bytes finish();

 private:
  void* context_;
};

}  // namespace argosy
