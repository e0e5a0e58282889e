#include "parts/update_engine/schedule/schedule.h"

#include <algorithm>

namespace argosy::update_engine {
namespace {

constexpr int kFirst = 7 * 60;
constexpr int kUsual = 45 * 60;
constexpr int kQuick = 60;
constexpr int kLongest = 4 * 60 * 60;
constexpr int kUsualFuzz = 10 * 60;

bool is_overloaded(int http_status) {
  return http_status == 500 || http_status == 503;
}

int wanted_seconds(const LastCheck& last) {
  if (last.poll_seconds > 0) return last.poll_seconds;
  if (!is_overloaded(last.http_status)) return 0;
  return 2 * std::min(last.interval_seconds, kLongest);
}

}  // namespace

Interval first_interval() {
  return {kFirst, kUsualFuzz};
}

Interval next_interval(const LastCheck& last) {
  if (last.wants_quick_retry) return {kQuick, kQuick};
  const int seconds = std::min(wanted_seconds(last), kLongest);
  if (seconds < kUsual) return {kUsual, kUsualFuzz};
  return {seconds, seconds};
}

int delay_seconds(const Interval& interval, uint64_t chance) {
  const int lowest = interval.seconds - interval.fuzz / 2;
  const auto choices = static_cast<uint64_t>(interval.fuzz) + 1;
  return std::max(0, lowest + static_cast<int>(chance % choices));
}

}  // namespace argosy::update_engine
