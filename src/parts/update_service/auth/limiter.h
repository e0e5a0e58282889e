// How often an address may fail to log in. Time enters by the caller; one thread.
#pragma once

#include <map>
#include <string>

#include "base/time.h"

namespace argosy::update_service::auth {

class LoginLimiter {
 public:
  // So many failures at once from one address; all of them are forgotten after a minute.
  static constexpr int kFailures = 10;
  static constexpr Duration kForgottenAfter = minutes(1);
  static constexpr size_t kMaxAddresses = 10'000;

  // False: not now, whatever the token.
  bool may_try(const std::string& address, MonotonicTime now);
  void failed(const std::string& address, MonotonicTime now);
  void succeeded(const std::string& address) { failures_.erase(address); }

 private:
  // A bucket that leaks: `level` failures at `at`.
  struct Failures {
    double level = 0;
    MonotonicTime at{};
  };
  double level_at(const Failures& failures, MonotonicTime now) const;
  std::map<std::string, Failures> failures_;
};

}  // namespace argosy::update_service::auth
