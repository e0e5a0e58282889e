#include "parts/update_engine/flags/flags.h"

#include <doctest/doctest.h>

namespace argosy::update_engine {
namespace {

struct Values {
  bool on = false;
  bool off = true;
  std::string text = "x";
  int64_t number = 7;

  Result<void> parse(const std::vector<std::string>& arguments) {
    Flags flags;
    flags.add("on", on, "a switch");
    flags.add("off", off, "another");
    flags.add("text", text, "some text");
    flags.add("number", number, "a number");
    flags.add_ignored("old");
    return flags.parse(arguments);
  }
};

TEST_CASE("one or two dashes, values beside or behind, booleans with no") {
  Values a;
  CHECK(a.parse({"-on", "--nooff", "word", "-text", "-on", "--number=-3", "-old"}).has_value());
  CHECK(a.on);
  CHECK_FALSE(a.off);
  CHECK_EQ(a.text, "-on");
  CHECK_EQ(a.number, -3);

  Values b;
  CHECK(b.parse({"--on=false", "-off=F", "--text=", "--", "-number=9"}).has_value());
  CHECK_FALSE(b.on);
  CHECK_FALSE(b.off);
  CHECK_EQ(b.text, "");
  CHECK_EQ(b.number, 7);
}

TEST_CASE("what is wrong is said in gflags' words") {
  const auto error = [](const std::vector<std::string>& arguments) {
    const auto parsed = Values().parse(arguments);
    REQUIRE_FALSE(parsed);
    return parsed.error().text();
  };
  CHECK_EQ(error({"-bogus"}), "ERROR: unknown command line flag 'bogus'");
  CHECK_EQ(error({"-notext"}), "ERROR: unknown command line flag 'notext'");
  CHECK_EQ(error({"-text"}), "ERROR: flag 'text' is missing its argument");
  CHECK_EQ(error({"-on=2"}), "ERROR: illegal value '2' specified for bool flag 'on'");
  CHECK_EQ(error({"-number=x"}), "ERROR: illegal value 'x' specified for int64 flag 'number'");
}

}  // namespace
}  // namespace argosy::update_engine
