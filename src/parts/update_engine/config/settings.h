// KEY=VALUE files as update_engine reads them: a line each, one pair of quotes around a value
// taken off, nothing else; no comments, no white space trimmed. Of a key that stands there
// twice the later one counts.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace argosy::update_engine {

using Settings = std::map<std::string, std::string, std::less<>>;

Settings parse_settings(std::string_view text);

// The first file that has the key decides, even with an empty value.
std::optional<std::string> look_up(std::span<const Settings> files, std::string_view key);

}  // namespace argosy::update_engine
