#include "parts/os/cgpt/options.h"

#include <doctest/doctest.h>

using namespace argosy::os;

namespace {

// "i=3 S=1 f | disk", with ? for unknown letters and : for missing arguments.
std::string parsed(const std::vector<std::string>& arguments) {
  const Options options = parse_options(arguments, "hfi:S:");
  std::string text;
  for (const Option& option : options.options) {
    if (option.kind == Option::Kind::kUnknown) text += '?';
    if (option.kind == Option::Kind::kLacksArgument) text += ':';
    text += option.letter;
    if (!option.argument.empty()) text += "=" + option.argument;
    text += ' ';
  }
  text += '|';
  for (const std::string& operand : options.operands) text += " " + operand;
  return text;
}

}  // namespace

TEST_CASE("options before and after operands, arguments attached or not") {
  CHECK(parsed({"-i", "3", "-S1", "-f", "disk"}) == "i=3 S=1 f | disk");
  CHECK(parsed({"disk", "-fi3"}) == "f i=3 | disk");
  CHECK(parsed({"-f", "--", "-i", "3"}) == "f | -i 3");
  CHECK(parsed({"-", "-f"}) == "f | -");
  CHECK(parsed({"-i", "-f"}) == "i=-f |");
  CHECK(parsed({"-xf"}) == "?x f |");
  CHECK(parsed({"-i"}) == ":i |");
  CHECK(parsed({"-:"}) == "?: |");
  CHECK(parsed({"--help"}) == "?- h ?e ?l ?p |");
  CHECK(parsed({""}) == "| ");
}

TEST_CASE("numbers as strtoull reads them") {
  CHECK(parse_number("0x10").value == 16);
  CHECK(parse_number("010").value == 8);
  CHECK(parse_number("42").is_whole);
  CHECK(parse_number("-1").value == UINT64_MAX);
  CHECK(parse_number("99999999999999999999").value == UINT64_MAX);
  CHECK_FALSE(parse_number("").is_whole);
  CHECK_FALSE(parse_number("4x").is_whole);
  CHECK(parse_number("4x").value == 4);
  CHECK_FALSE(parse_number("x").is_whole);
}
