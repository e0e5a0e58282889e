#include "lib/yaml/yaml.h"

#include <doctest/doctest.h>

namespace argosy::yaml {
namespace {

TEST_CASE("scalars mean what YAML 1.1 says") {
  struct Row {
    const char* text;
    const char* json;
  };
  for (const Row& row : std::initializer_list<Row>{
           {"a: 1", R"({"a":1})"},
           {"a: -3", R"({"a":-3})"},
           {"a: yes", R"({"a":true})"},
           {"a: Off", R"({"a":false})"},
           {"a: ~", R"({"a":null})"},
           {"a:", R"({"a":null})"},
           {"a: '1'", R"({"a":"1"})"},
           {"a: \"yes\"", R"({"a":"yes"})"},
           {"a: 1.5", R"({"a":1.5})"},
           {"a: 1.2.3", R"({"a":"1.2.3"})"},
           {"a: http://b:1", R"({"a":"http://b:1"})"},
           {"- 1\n- x", R"([1,"x"])"},
           {"{\"a\": [1, {\"b\": null}]}", R"({"a":[1,{"b":null}]})"},
           {"a: &x {b: 1}\nc: *x", R"({"a":{"b":1},"c":{"b":1}})"},
           {"", "null"},
       }) {
    const auto value = parse(row.text);
    REQUIRE_MESSAGE(value.has_value(), row.text);
    CHECK(json::to_text(*value) == row.json);
  }
}

TEST_CASE("errors name line and column") {
  const auto tab = parse("a: 1\n\tb: 2");
  REQUIRE(!tab.has_value());
  CHECK(tab.error().message().starts_with("yaml: line 2, column 1:"));
  CHECK(!parse("a: [1").has_value());
  CHECK(!parse("a: *nobody").has_value());
  CHECK(!parse("? [1]\n: 2").has_value());
}

TEST_CASE("what would grow without bound is refused") {
  std::string bomb = "a0: &a0 [1,1,1,1,1,1,1,1,1]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + last;
    for (int k = 0; k < 8; ++k) bomb += "," + last;
    bomb += "]\n";
  }
  CHECK(!parse(bomb).has_value());
  CHECK(!parse(std::string(1000, '[')).has_value());
  CHECK(!parse("&a [*a]").has_value());
}

}  // namespace
}  // namespace argosy::yaml
