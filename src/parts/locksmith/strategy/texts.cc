#include "parts/locksmith/strategy/texts.h"

#include <cstdlib>

#include "base/format.h"
#include "base/text.h"

namespace argosy::locksmith {
namespace {

constexpr size_t kColumns = 79;

std::string column(std::string_view text) {
  std::string line(text.substr(0, kColumns));
  line.resize(kColumns, ' ');
  return line;
}

}  // namespace

std::string coordinator_text(std::string_view strategy, Coordination state) {
  return format("NAME=locksmithd\nSTRATEGY={}\nSTATE={}", strategy, to_text(state));
}

std::optional<std::string> coordinator_value(std::string_view text, std::string_view name) {
  for (const std::string_view line : split(text, '\n')) {
    const auto sides = cut(line, "=");
    if (sides && trim(sides->first) == name) return std::string(trim(sides->second));
  }
  return std::nullopt;
}

std::string broadcast_text(std::string_view time, std::string_view message) {
  const std::string blank = "\r" + column("") + "\r\n";
  const std::string head = column(format("Broadcast message from locksmithd at {}:", time));
  return blank + head + "\a\a\r\n" + column(message) + "\r\n" + blank;
}

std::string go_time_text(WallTime time, int64_t offset_seconds, std::string_view zone,
                         Duration since_start) {
  std::string local = to_rfc3339(time + seconds(offset_seconds));
  local.pop_back();  // the Z
  const size_t t = local.find('T');
  local[t] = ' ';
  const int64_t offset_minutes = std::abs(offset_seconds) / 60;
  const int64_t monotonic = since_start.count();
  return format("{} {}{:02}{:02} {} m=+{}.{:09}", local, offset_seconds < 0 ? '-' : '+',
                offset_minutes / 60, offset_minutes % 60, zone, monotonic / 1'000'000'000,
                monotonic % 1'000'000'000);
}

}  // namespace argosy::locksmith
