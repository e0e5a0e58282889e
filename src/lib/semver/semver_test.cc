#include "lib/semver/semver.h"

#include <doctest/doctest.h>

namespace argosy::semver {
namespace {

Version of(std::string_view text) {
  const auto version = Version::parse(text);
  REQUIRE_MESSAGE(version.has_value(), std::string(text));
  return *version;
}

TEST_CASE("versions in ascending order") {
  const std::vector<std::string> ascending{"0.0.0",
                                           "0.0.1-alpha",
                                           "0.0.1",
                                           "0.9",
                                           "1.0.0-alpha",
                                           "1.0.0-alpha.1",
                                           "1.0.0-alpha.beta",
                                           "1.0.0-beta",
                                           "1.0.0-beta.2",
                                           "1.0.0-beta.11",
                                           "1.0.0-rc.1",
                                           "1.0.0",
                                           "1.0.0.1",
                                           "1.0.1",
                                           "2.9.0",
                                           "2.10.0",
                                           "1688.5.3",
                                           "4081.2.0+nightly-1"};
  for (size_t i = 0; i < ascending.size(); ++i) {
    for (size_t j = 0; j < ascending.size(); ++j) {
      CAPTURE(ascending[i]);
      CAPTURE(ascending[j]);
      CHECK((of(ascending[i]) <=> of(ascending[j])) == (i <=> j));
    }
  }
}

TEST_CASE("what is no version is older than all that are one") {
  CHECK(compare_versions("no version", "0.0.0.0") < 0);
  CHECK(compare_versions("0.0.0-a", "") > 0);
  CHECK(compare_versions("", "v1") == 0);
  CHECK(compare_versions("1.0.0+a", "1.0.0+b") == 0);
  CHECK(compare_versions("1.9.0", "1.10.0") < 0);
}

TEST_CASE("what does not count: build metadata, numbers that are zero at the end") {
  CHECK(of("1.2.3+a") == of("1.2.3+b.c"));
  CHECK(of("1.2") == of("1.2.0.0"));
  CHECK(of("0.0.0.0") == Version());
}

TEST_CASE("what is no version") {
  for (const char* text :
       {"", "v1.0.0", "1..0", "1.2.3.4.5", "01.0.0", "1.0.0-", "1.0.0-01", "1.0.0-a..b", "1.0.0+",
        "1.0.0-ä", "1.0.0 ", "-1.0.0", "1.0.x", "18446744073709551616.0.0"}) {
    CAPTURE(text);
    CHECK(!Version::parse(text).has_value());
    CHECK(version_or_oldest(text) == Version());
  }
  CHECK(!Version::parse("1." + std::string(300, '1')).has_value());
  CHECK(Version::parse("1.x").error().message() == "\"1.x\" is not a version: its numbers");
}

}  // namespace
}  // namespace argosy::semver
