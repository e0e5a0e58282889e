// Versions of packages and machines: Semantic Versioning 2.0.0, with one to four numbers
// instead of three, as the originals' images have them ("1688.5.3", "0.0.0.0"). Any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::semver {

class Version {
 public:
  // 0.0.0: older than all that is released.
  Version() = default;

  // InvalidArgument names the text. At most 255 bytes.
  static Result<Version> parse(std::string_view text);

  // By precedence (section 11): build metadata do not count, absent numbers are zeros, so
  // equal versions may have different texts.
  std::weak_ordering operator<=>(const Version& other) const;
  bool operator==(const Version& other) const { return (*this <=> other) == 0; }

 private:
  std::vector<uint64_t> numbers_;
  std::vector<std::string> prerelease_;  // none: a release
};

// What a machine says of itself; 0.0.0 if it is no version, so that it is offered one.
Version version_or_oldest(std::string_view text);

// By precedence; what is no version is older than all that are one.
std::weak_ordering compare_versions(std::string_view a, std::string_view b);

}  // namespace argosy::semver
