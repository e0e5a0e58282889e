// SHA-384 and SHA-512 (FIPS 180-4) of what is fed piece by piece. Any thread; an object belongs
// to one at a time.
#pragma once

#include <memory>

#include "base/bytes.h"

namespace argosy {

class Sha512 {
 public:
  enum class Bits : uint8_t { k384, k512 };
  explicit Sha512(Bits bits = Bits::k512);
  ~Sha512();
  Sha512(Sha512&&) noexcept;
  Sha512& operator=(Sha512&&) noexcept;

  void update(BytesView bytes);
  // 48 or 64 bytes. Once.
  Bytes finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace argosy
