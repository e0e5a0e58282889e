// The zone of the machine's wall clock (TZ, /etc/localtime), as the C library knows it.
#pragma once

#include "parts/locksmith/window/window.h"

namespace argosy::locksmith {

class LocalZone final : public Zone {
 public:
  int64_t offset_seconds(int64_t unix_seconds) const override;
};

}  // namespace argosy::locksmith
