#include "parts/update_service/answer/newcomers.h"

#include <algorithm>
#include <arpa/inet.h>

#include "base/bytes.h"

namespace argosy::update_service {
namespace {

constexpr size_t kNetworkBytes = 8;

bool is_own(std::string_view network) {
  return network.starts_with("127.") || network == "::1";
}

}  // namespace

std::string network_of(std::string_view address) {
  const std::string text(address);
  in6_addr six{};
  if (::inet_pton(AF_INET6, text.c_str(), &six) != 1) return text;
  if (IN6_IS_ADDR_LOOPBACK(&six)) return "::1";
  const std::string_view bytes(reinterpret_cast<const char*>(six.s6_addr), sizeof six.s6_addr);
  if (IN6_IS_ADDR_V4MAPPED(&six)) {
    char four[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, six.s6_addr + 12, four, sizeof four);
    return four;
  }
  return to_hex(bytes.substr(0, kNetworkBytes));
}

double Newcomers::level_at(const Bucket& bucket, WallTime now) const {
  const double hours_passed =
      std::chrono::duration<double, std::ratio<3600>>(now - bucket.at).count();
  return std::max(0.0, bucket.level - std::max(0.0, hours_passed) * static_cast<double>(an_hour_));
}

void Newcomers::make_room(WallTime now) {
  if (buckets_.size() < kMaxAddresses) return;
  std::erase_if(buckets_, [&](const auto& each) { return level_at(each.second, now) <= 0; });
  // Somebody with that many addresses is not held back by counting them.
  if (buckets_.size() >= kMaxAddresses) buckets_.clear();
}

bool Newcomers::may_enter(std::string_view address, WallTime now) {
  const std::string network = network_of(address);
  if (an_hour_ == 0 || is_own(network)) return true;
  make_room(now);
  Bucket& bucket = buckets_[network];
  const double level = level_at(bucket, now);
  if (level + 1 > static_cast<double>(an_hour_)) return false;
  bucket = {level + 1, now};
  return true;
}

}  // namespace argosy::update_service
