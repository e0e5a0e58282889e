// Which of two versions is newer (Semantic Versioning 2.0.0, section 11).
#include <algorithm>
#include <optional>

#include "base/text.h"
#include "lib/channel_metadata/metadata.h"

namespace argosy::channel_metadata {
namespace {

bool is_digits(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

struct Parsed {
  std::vector<uint64_t> numbers;
  std::vector<std::string_view> prerelease;  // none: a release
};

std::optional<Parsed> parse_version(std::string_view text) {
  if (const auto build = cut(text, "+")) text = build->first;
  Parsed parsed;
  if (const auto sides = cut(text, "-")) {
    parsed.prerelease = split(sides->second, '.');
    text = sides->first;
  }
  for (const std::string_view part : split(text, '.')) {
    const auto number = is_digits(part) ? parse_uint(part) : std::nullopt;
    if (!number || parsed.numbers.size() == 4) return std::nullopt;
    parsed.numbers.push_back(*number);
  }
  parsed.numbers.resize(4);
  return parsed;
}

// Numbers come before words.
std::weak_ordering compare_identifiers(std::string_view a, std::string_view b) {
  const bool a_is_number = is_digits(a);
  if (a_is_number != is_digits(b)) {
    return a_is_number ? std::weak_ordering::less : std::weak_ordering::greater;
  }
  if (!a_is_number) return a <=> b;
  const auto trimmed = [](std::string_view text) {
    text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
    return text;
  };
  a = trimmed(a);
  b = trimmed(b);
  return a.size() != b.size() ? a.size() <=> b.size() : a <=> b;
}

}  // namespace

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
  const auto left = parse_version(a);
  const auto right = parse_version(b);
  if (!left || !right) return left.has_value() <=> right.has_value();
  if (const auto order = left->numbers <=> right->numbers; order != 0) return order;
  if (left->prerelease.empty() != right->prerelease.empty()) {
    return left->prerelease.empty() <=> right->prerelease.empty();
  }
  return std::lexicographical_compare_three_way(left->prerelease.begin(), left->prerelease.end(),
                                                right->prerelease.begin(), right->prerelease.end(),
                                                compare_identifiers);
}

}  // namespace argosy::channel_metadata
