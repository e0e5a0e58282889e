#include "parts/update_service/auth/limiter.h"

#include <algorithm>

namespace argosy::update_service::auth {

double LoginLimiter::level_at(const Failures& failures, MonotonicTime now) const {
  const double passed = static_cast<double>((now - failures.at).count()) /
                        static_cast<double>(kForgottenAfter.count());
  return std::max(0.0, failures.level - passed * kFailures);
}

bool LoginLimiter::may_try(const std::string& address, MonotonicTime now) {
  const auto place = failures_.find(address);
  return place == failures_.end() || level_at(place->second, now) < kFailures;
}

void LoginLimiter::failed(const std::string& address, MonotonicTime now) {
  if (failures_.size() >= kMaxAddresses) {
    std::erase_if(failures_, [&](const auto& each) { return level_at(each.second, now) <= 0; });
    // Somebody with that many addresses is not held back by counting them.
    if (failures_.size() >= kMaxAddresses) failures_.clear();
  }
  Failures& failures = failures_[address];
  failures = {level_at(failures, now) + 1, now};
}

}  // namespace argosy::update_service::auth
