#include "lib/cli/go_number.h"

#include <doctest/doctest.h>

namespace argosy::cli {
namespace {

std::string int_text(std::string_view text) {
  const auto value = parse_go_int(text);
  return value ? std::to_string(*value) : value.error().message();
}

std::string uint_text(std::string_view text) {
  const auto value = parse_go_uint(text);
  return value ? std::to_string(*value) : value.error().message();
}

TEST_CASE("bases, signs and underscores") {
  CHECK(int_text("0") == "0");
  CHECK(int_text("-12") == "-12");
  CHECK(int_text("+12") == "12");
  CHECK(int_text("0x1F") == "31");
  CHECK(int_text("-0b101") == "-5");
  CHECK(int_text("0o17") == "15");
  CHECK(int_text("017") == "15");
  CHECK(int_text("1_000") == "1000");
  CHECK(int_text("0x_ff") == "255");
  CHECK(int_text("0_7") == "7");
}

TEST_CASE("what Go does not read") {
  for (const char* text :
       {"", "-", "x", "1x", "--1", "0x", "08", "1__0", "_1", "1_", "0b2", "1e3", " 1", "1.0"}) {
    CAPTURE(text);
    CHECK(int_text(text) == "parse error");
  }
  CHECK(uint_text("-1") == "parse error");
  CHECK(uint_text("+1") == "parse error");
}

TEST_CASE("the ends of the ranges") {
  CHECK(int_text("9223372036854775807") == "9223372036854775807");
  CHECK(int_text("9223372036854775808") == "value out of range");
  CHECK(int_text("-9223372036854775808") == "-9223372036854775808");
  CHECK(int_text("-9223372036854775809") == "value out of range");
  CHECK(uint_text("18446744073709551615") == "18446744073709551615");
  CHECK(uint_text("0x10000000000000000") == "value out of range");
  CHECK(uint_text("99999999999999999999x") == "parse error");
}

}  // namespace
}  // namespace argosy::cli
