#include "parts/locksmith/options/options.h"

#include <doctest/doctest.h>

namespace argosy::locksmith {
namespace {

using Endpoints = std::vector<std::string>;

TEST_CASE("flags, then the environment, then defaults") {
  const Environment environment{{"LOCKSMITHCTL_GROUP", "web"},
                                {"LOCKSMITHCTL_ETCD_CAFILE", "/ca"},
                                {"LOCKSMITHCTL_DEBUG", "perhaps"},
                                {"LOCKSMITHD_ETCD_KEYFILE", "/other"}};
  const auto options =
      parse_options({"--group=db", "-endpoint", "http://a:1, http://b:2", "set-max", "-3"},
                    "LOCKSMITHCTL", environment);
  REQUIRE(options);
  CHECK_EQ(options->group, "db");
  CHECK_EQ(options->ca_file, "/ca");
  CHECK_EQ(options->key_file, "");
  CHECK_FALSE(options->debug);
  CHECK_EQ(options->endpoints, Endpoints{"http://a:1", "http://b:2"});
  CHECK_EQ(options->words, Endpoints{"set-max", "-3"});
  CHECK_EQ(parse_options({}, "LOCKSMITHD", {})->endpoints,
           Endpoints{"http://127.0.0.1:2379", "http://127.0.0.1:4001"});
}

TEST_CASE("what cannot be understood") {
  const auto unknown = parse_options({"-what"}, "LOCKSMITHCTL", {});
  REQUIRE_FALSE(unknown);
  CHECK_EQ(unknown.error().code, 2);
  CHECK(unknown.error().err.starts_with(
      "flag provided but not defined: -what\nUsage of locksmithctl:\n  -debug\n    \tPrint out "
      "debug information to stderr.\n  -endpoint value\n"));
  const auto help = parse_options({"--help"}, "LOCKSMITHCTL", {});
  REQUIRE_FALSE(help);
  CHECK_EQ(help.error().code, 0);
  CHECK(help.error().err.ends_with("  -version\n    \tPrint the version and exit.\n"));
}

TEST_CASE("commands have no flags") {
  CHECK_EQ(*parse_command({"--", "-1"}), Endpoints{"-1"});
  const auto refused = parse_command({"-1"});
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code, 2);
  CHECK_EQ(refused.error().out, "flag provided but not defined: -1\n");
  CHECK_EQ(refused.error().err, "flag provided but not defined: -1\nUsage:\n");
}

TEST_CASE("durations in variables") {
  CHECK(duration_of({}, "X", seconds(5)) == seconds(5));
  CHECK(duration_of({{"X", "1m30s"}}, "X", seconds(5)) == seconds(90));
  CHECK_FALSE(duration_of({{"X", "5"}}, "X", seconds(5)));
  CHECK_FALSE(duration_of({{"X", "-5s"}}, "X", seconds(5)));
}

}  // namespace
}  // namespace argosy::locksmith
