#include "parts/update_service/rollout/policy.h"

namespace argosy::update_service {
namespace {

constexpr int kDay = 24 * 60;
constexpr int kWeek = 7 * kDay;

}  // namespace

bool contains(const Window& window, LocalTime now) {
  const int since = now.weekday * kDay + now.minute - window.weekday * kDay - window.first_minute;
  return ((since % kWeek) + kWeek) % kWeek < window.minutes;
}

}  // namespace argosy::update_service
