#include "parts/update_engine/goodroot/health.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_engine {
namespace {

constexpr uint64_t kLargestFile = 64 << 10;

// The characters of systemd.unit(5), and a type.
bool is_unit_name(std::string_view name) {
  const size_t dot = name.rfind('.');
  return dot != std::string_view::npos && dot > 0 && dot + 1 < name.size() && name.size() < 256 &&
         std::ranges::all_of(
             name,
             [](char c) {
               return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      std::string_view(":-_.\\@").contains(c);
             });
}

std::optional<Duration> parse_limit(std::string_view text) {
  std::optional<Duration> limit = parse_go_duration(text);
  if (const auto whole = parse_uint(text); whole && *whole < 1000) {
    limit = seconds(static_cast<int64_t>(*whole));
  }
  const bool is_possible = limit && *limit > Duration(0) && *limit <= kLongestHealthLimit;
  return is_possible ? limit : std::nullopt;
}

Result<void> take_line(std::string_view line, HealthGate& gate) {
  const auto sides = cut(line, "=");
  const std::string_view key = sides ? trim(sides->first) : std::string_view();
  const std::string_view value = sides ? trim(sides->second) : std::string_view();
  if (key == "Unit" && is_unit_name(value)) {
    if (std::ranges::find(gate.units, value) == gate.units.end()) gate.units.emplace_back(value);
    return {};
  }
  const auto limit = key == "TimeoutSec" ? parse_limit(value) : std::nullopt;
  if (!limit) return fail(Code::kInvalidArgument, format("not understood: {}", go_quote(line)));
  gate.limit = std::max(gate.limit, *limit);
  return {};
}

}  // namespace

Result<HealthGate> parse_health(std::string_view text) {
  HealthGate gate;
  for (const std::string_view whole : split(text, '\n')) {
    const std::string_view line = trim(whole);
    if (line.empty() || line.starts_with('#') || line == "[Health]") continue;
    TRY(take_line(line, gate));
  }
  return gate;
}

Result<HealthGate> read_health(Disk& disk, const std::string& root) {
  std::map<std::string, std::string> paths;
  for (const std::string_view directory : kHealthDirectories) {
    const std::string path = join_path(root, directory.substr(1));
    if (!exists(disk, path)) continue;
    for (const std::string& name : TRY(disk.list(path))) {
      if (name.ends_with(".conf")) paths.emplace(name, join_path(path, name));
    }
  }
  HealthGate all;
  for (const auto& [name, path] : paths) {
    const Bytes text = TRY(read_file(disk, path, kLargestFile));
    const HealthGate gate = TRY_CONTEXT(parse_health(text), path);
    all.limit = std::max(all.limit, gate.limit);
    for (const std::string& unit : gate.units) {
      if (std::ranges::find(all.units, unit) == all.units.end()) all.units.push_back(unit);
    }
  }
  if (all.limit == Duration(0)) all.limit = kDefaultHealthLimit;
  return all;
}

}  // namespace argosy::update_engine
