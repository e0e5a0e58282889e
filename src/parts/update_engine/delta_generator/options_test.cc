#include "parts/update_engine/delta_generator/options.h"

#include <doctest/doctest.h>

namespace argosy::update_engine {
namespace {

TEST_CASE("gflags' ways to give a flag") {
  const auto options =
      parse_options({"-in_file", "a", "--out_file=b", "word",
                     "-public_key=", "--public_key_version", "3", "--", "-old_image", "x"});
  REQUIRE(options.has_value());
  CHECK(options->in_file == "a");
  CHECK(options->out_file == "b");
  CHECK(options->public_key.empty());
  CHECK(options->public_key_version == "3");
  CHECK(options->old_image.empty());
  CHECK(options->prefs_dir == "/tmp/update_engine_prefs");
}

TEST_CASE("gflags' complaints") {
  const auto complaint = [](const std::vector<std::string>& words) {
    const auto options = parse_options(words);
    return options ? std::string() : options.error().message();
  };
  CHECK(complaint({"-in"}) == "ERROR: unknown command line flag 'in'");
  CHECK(complaint({"--workers=x"}) ==
        "ERROR: illegal value 'x' specified for int32 flag 'workers'");
  CHECK(complaint({"-out_file"}) ==
        "ERROR: flag '-out_file' is missing its argument; flag description: the payload to write");
}

TEST_CASE("lists by colons") {
  CHECK(split_colons("a:b::c") == std::vector<std::string>{"a", "b", "c"});
  CHECK(split_colons("").empty());
}

}  // namespace
}  // namespace argosy::update_engine
