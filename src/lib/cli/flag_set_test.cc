#include "lib/cli/flag_set.h"

#include <doctest/doctest.h>

namespace argosy::cli {
namespace {

struct Sample {
  std::string name;
  bool fast = false;
  int64_t count = 0;
  uint64_t size = 0;
  Duration wait{};
  std::vector<std::string> urls;
  FlagSet flags{"sample"};

  Sample() {
    flags.section("All");
    flags.add("name", name, "default", "A name.");
    flags.add("fast", fast, false, "Whether to hurry.");
    flags.add("count", count, int64_t{3}, "How many.");
    flags.add("size", size, uint64_t{7}, "How large.");
    flags.add("wait", wait, seconds(5), "How long.");
    flags.add("urls", urls, "http://a:1", "Where.");
  }
  std::string error(const std::vector<std::string>& words) {
    const auto parsed = flags.parse(words);
    return parsed ? "" : parsed.error().text();
  }
};

TEST_CASE("defaults hold until a flag says otherwise") {
  Sample sample;
  CHECK(sample.flags.parse({}).value().empty());
  CHECK(sample.name == "default");
  CHECK(sample.count == 3);
  CHECK(sample.wait == seconds(5));
  CHECK(sample.urls == std::vector<std::string>{"http://a:1"});
}

TEST_CASE("one dash or two, a space or an equals sign") {
  Sample sample;
  const auto left = sample.flags.parse({"-name", "x", "--count=-9", "--fast", "-size=8",
                                        "--wait=1m30s", "--urls", "a, b", "rest", "--name=y"});
  REQUIRE(left.has_value());
  CHECK(*left == std::vector<std::string>{"rest", "--name=y"});
  CHECK(sample.name == "x");
  CHECK(sample.count == -9);
  CHECK(sample.fast);
  CHECK(sample.size == 8);
  CHECK(sample.wait == seconds(90));
  CHECK(sample.urls == std::vector<std::string>{"a", "b"});
  CHECK(sample.flags.was_given("name"));
  CHECK(!sample.flags.was_given("help"));
}

TEST_CASE("two dashes alone end the flags") {
  Sample sample;
  CHECK(sample.flags.parse({"--", "--name"}).value() == std::vector<std::string>{"--name"});
}

TEST_CASE("errors are in Go's words") {
  struct Row {
    std::vector<std::string> words;
    std::string text;
  };
  const std::vector<Row> rows{
      {{"--nope"}, "flag provided but not defined: -nope"},
      {{"--name"}, "flag needs an argument: -name"},
      {{"--count", "x"}, "invalid value \"x\" for flag -count: parse error"},
      {{"--count", ""}, "invalid value \"\" for flag -count: parse error"},
      {{"--count", "9223372036854775808"},
       "invalid value \"9223372036854775808\" for flag -count: value out of range"},
      {{"--size=-1"}, "invalid value \"-1\" for flag -size: parse error"},
      {{"--fast=maybe"}, "invalid boolean value \"maybe\" for -fast: parse error"},
      {{"--wait", "5"}, "invalid value \"5\" for flag -wait: parse error"},
      {{"---name"}, "bad flag syntax: ---name"},
      {{"-=x"}, "bad flag syntax: -=x"},
      {{"--help"}, "flag: help requested"},
  };
  for (const Row& row : rows) {
    Sample sample;
    CHECK(sample.error(row.words) == row.text);
  }
}

TEST_CASE("names of the environment and the usage text") {
  CHECK(environment_name("ETCD", "listen-peer-urls") == "ETCD_LISTEN_PEER_URLS");
  Sample sample;
  const std::string usage = sample.flags.usage();
  CHECK(usage.find("  --name 'default'\n    A name.\n") != std::string::npos);
  CHECK(usage.find("All:\n") != std::string::npos);
}

}  // namespace
}  // namespace argosy::cli
