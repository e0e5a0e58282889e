#include "parts/update_engine/config/settings.h"

#include "base/text.h"

namespace argosy::update_engine {
namespace {

std::string_view without_quotes(std::string_view value) {
  if (value.size() < 2) return value;
  const char quote = value.front();
  const bool is_quoted = (quote == '"' || quote == '\'') && value.back() == quote;
  return is_quoted ? value.substr(1, value.size() - 2) : value;
}

}  // namespace

Settings parse_settings(std::string_view text) {
  Settings settings;
  for (const std::string_view line : split(text, '\n')) {
    const auto parts = cut(line, "=");
    if (parts) settings[std::string(parts->first)] = without_quotes(parts->second);
  }
  return settings;
}

std::optional<std::string> look_up(std::span<const Settings> files, std::string_view key) {
  for (const Settings& file : files) {
    const auto found = file.find(key);
    if (found != file.end()) return found->second;
  }
  return std::nullopt;
}

}  // namespace argosy::update_engine
