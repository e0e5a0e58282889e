#include "base/text.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

using namespace std::string_literals;
using Parts = std::vector<std::string_view>;

TEST_CASE("splitting and joining") {
  CHECK(split("a,,b", ',') == Parts{"a", "", "b"});
  CHECK(split("", ',') == Parts{""});
  CHECK(split(",", ',') == Parts{"", ""});
  CHECK(split("abc", ',') == Parts{"abc"});
  CHECK(join({"a", "", "b"}, ", ") == "a, , b");
  CHECK(join({}, ",").empty());
}

TEST_CASE("cutting at the first separator") {
  CHECK(cut("a=b=c", "=") == std::pair<std::string_view, std::string_view>("a", "b=c"));
  CHECK(cut("http://x", "://")->second == "x");
  CHECK(cut("=", "=") == std::pair<std::string_view, std::string_view>("", ""));
  CHECK(!cut("abc", "="));
}

TEST_CASE("trimming and case") {
  CHECK(trim(" \t\r\n a b \n") == "a b");
  CHECK(trim(" \n ").empty());
  CHECK(to_lower("ABC-xyz_\xC3\x89") == "abc-xyz_\xC3\x89");
  CHECK(equal_ignoring_case("Content-TYPE", "content-type"));
  CHECK(!equal_ignoring_case("a", "ab"));
  CHECK(!equal_ignoring_case("[", "{"));
}

TEST_CASE("whole numbers and nothing else") {
  CHECK(parse_int("9223372036854775807") == INT64_MAX);
  CHECK(parse_int("-9223372036854775808") == INT64_MIN);
  CHECK(parse_int("+7") == 7);
  CHECK(parse_int("-0") == 0);
  CHECK(parse_uint("18446744073709551615") == UINT64_MAX);
  CHECK(parse_uint("007") == 7U);
  for (const std::string_view text : {"", "-", "+", "+-1", "--1", " 1", "1 ", "1.0", "0x1", "1e2",
                                      "9223372036854775808", "-9223372036854775809"}) {
    CAPTURE(text);
    CHECK(!parse_int(text));
  }
  for (const std::string_view text : {"", "-1", "+1", " 1", "18446744073709551616"}) {
    CAPTURE(text);
    CHECK(!parse_uint(text));
  }
}

TEST_CASE("quoting as Go's %q") {
  CHECK(go_quote("plain") == "\"plain\"");
  CHECK(go_quote("a\"b\\c") == R"("a\"b\\c")");
  CHECK(go_quote("\a\b\f\n\r\t\v") == R"("\a\b\f\n\r\t\v")");
  CHECK(go_quote("\x01\x7F"s) == R"("\x01\x7f")");
  CHECK(go_quote("\0"s) == R"("\x00")");
  CHECK(go_quote("\xC3\xA9") == "\"\xC3\xA9\"");
  CHECK(go_quote("\xFF\xC3") == R"("\xff\xc3")");
}

TEST_CASE("UTF-8 by RFC 3629") {
  for (const std::string_view text :
       {"", "abc", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"}) {
    CHECK(is_valid_utf8(text));
  }
  for (const std::string_view text :
       {"\x80", "\xC0\x80", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE1\x80",
        "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF1\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80",
        "\xFF", "a\xC3"}) {
    CHECK(!is_valid_utf8(text));
  }
}

}  // namespace
}  // namespace argosy
