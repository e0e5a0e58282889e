#include "parts/locksmith/host/local_zone.h"

#include <ctime>

namespace argosy::locksmith {

int64_t LocalZone::offset_seconds(int64_t unix_seconds) const {
  const std::time_t moment = unix_seconds;
  std::tm local{};
  // localtime_r need not look at TZ again, localtime's promise; a long-lived daemon wants it.
  ::tzset();
  ::localtime_r(&moment, &local);
  return local.tm_gmtoff;
}

}  // namespace argosy::locksmith
