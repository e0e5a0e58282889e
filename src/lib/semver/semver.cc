#include "lib/semver/semver.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::semver {
namespace {

constexpr size_t kMaxBytes = 255;
constexpr size_t kMaxNumbers = 4;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_identifier(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

bool is_numeric(std::string_view identifier) {
  return std::ranges::all_of(identifier, is_digit);
}

bool has_leading_zero(std::string_view number) {
  return number.size() > 1 && number[0] == '0';
}

// Identifiers of digits only compare as numbers, of whatever length, and come before all
// others.
std::strong_ordering compare_identifiers(const std::string& a, const std::string& b) {
  const bool a_is_number = is_numeric(a);
  const bool b_is_number = is_numeric(b);
  if (a_is_number != b_is_number) {
    return a_is_number ? std::strong_ordering::less : std::strong_ordering::greater;
  }
  if (a_is_number && a.size() != b.size()) return a.size() <=> b.size();
  return a <=> b;
}

Error bad(std::string_view text, std::string_view why) {
  return Error(Code::kInvalidArgument, format("{} is not a version: {}", go_quote(text), why));
}

}  // namespace

Result<Version> Version::parse(std::string_view text) {
  if (text.size() > kMaxBytes) return fail(bad(text.substr(0, 32), "it is too long"));
  std::string_view rest = text;
  if (const auto sides = cut(rest, "+")) {
    for (const std::string_view part : split(sides->second, '.')) {
      if (!is_identifier(part)) return fail(bad(text, "its build metadata"));
    }
    rest = sides->first;
  }
  Version version;
  if (const auto sides = cut(rest, "-")) {
    for (const std::string_view part : split(sides->second, '.')) {
      if (!is_identifier(part) || (is_numeric(part) && has_leading_zero(part))) {
        return fail(bad(text, "its pre-release"));
      }
      version.prerelease_.emplace_back(part);
    }
    rest = sides->first;
  }
  for (const std::string_view part : split(rest, '.')) {
    const auto number = parse_uint(part);
    if (!number || has_leading_zero(part)) return fail(bad(text, "its numbers"));
    version.numbers_.push_back(*number);
  }
  if (version.numbers_.size() > kMaxNumbers) return fail(bad(text, "too many numbers"));
  return version;
}

std::weak_ordering Version::operator<=>(const Version& other) const {
  for (size_t i = 0; i < kMaxNumbers; ++i) {
    const uint64_t own = i < numbers_.size() ? numbers_[i] : 0;
    const uint64_t its = i < other.numbers_.size() ? other.numbers_[i] : 0;
    if (own != its) return own <=> its;
  }
  // A release comes after its pre-releases.
  if (prerelease_.empty() || other.prerelease_.empty()) {
    return other.prerelease_.size() <=> prerelease_.size();
  }
  return std::lexicographical_compare_three_way(prerelease_.begin(), prerelease_.end(),
                                                other.prerelease_.begin(), other.prerelease_.end(),
                                                compare_identifiers);
}

Version version_or_oldest(std::string_view text) {
  return Version::parse(text).value_or(Version());
}

std::weak_ordering compare_versions(std::string_view a, std::string_view b) {
  const auto left = Version::parse(a);
  const auto right = Version::parse(b);
  if (!left || !right) return left.has_value() <=> right.has_value();
  return *left <=> *right;
}

}  // namespace argosy::semver
