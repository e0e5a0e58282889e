#include "lib/json/json.h"

#include <doctest/doctest.h>

namespace argosy::json {
namespace {

TEST_CASE("what is read is written the same, members in order") {
  for (const char* text :
       {R"({"b":1,"a":[true,false,null,-7,"x"],"c":{"d":1.5}})", "[]", "{}", "\"\"",
        "18446744073709551615", "-9223372036854775808", R"("tab\tquote\"back\\")"}) {
    const auto value = parse(text);
    REQUIRE(value.has_value());
    CHECK(to_text(*value) == text);
  }
}

TEST_CASE("strings are escaped as Go escapes them") {
  CHECK(quote("<a&b>") == "\"\\u003ca\\u0026b\\u003e\"");
  CHECK(quote(std::string_view("\x01\n", 2)) == "\"\\u0001\\n\"");
  CHECK(quote("caf\xC3\xA9") == "\"caf\xC3\xA9\"");
  CHECK(quote("bad\xFF!") == "\"bad\\ufffd!\"");
}

TEST_CASE("what is not JSON is refused") {
  for (const char* text :
       {"", "{", "[1,]", "{\"a\":}", "tru", "1 2", "'x'", "{\"a\" 1}", "\"\x01\"", "[1", "nul"}) {
    CHECK(!parse(text).has_value());
  }
  CHECK(!parse(std::string(kMaxDepth + 2, '[')).has_value());
}

TEST_CASE("numbers say whether they fit") {
  CHECK(parse("7")->as_int() == 7);
  CHECK(parse("7")->as_uint() == 7U);
  CHECK(!parse("-1")->as_uint());
  CHECK(!parse("18446744073709551615")->as_int());
  CHECK(parse("18446744073709551615")->as_uint() == UINT64_MAX);
  CHECK(!parse("1.5")->as_int());
  CHECK(parse("1.5")->as_double() == 1.5);
  CHECK(!parse("\"7\"")->as_int());
}

TEST_CASE("members are found by name; other types have none") {
  const Value value = *parse(R"({"name":"m1","id":5})");
  CHECK(value.text_of("name") == "m1");
  CHECK(value.text_of("id").empty());
  CHECK(value.find("nothing") == nullptr);
  CHECK(Value(5).find("x") == nullptr);
}

TEST_CASE("pretty text indents") {
  CHECK(to_pretty_text(Object{{"a", Array{1, 2}}, {"b", Object{}}}) ==
        "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": {}\n}");
}

}  // namespace
}  // namespace argosy::json
