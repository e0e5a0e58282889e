#include "lib/omaha/xml.h"

#include <doctest/doctest.h>

#include "base/format.h"
#include "sys/random/random.h"

using namespace argosy;
using namespace argosy::omaha;

TEST_CASE("elements, attributes, texts") {
  const auto root = parse_xml(
      "\xef\xbb\xbf<?xml version='1.0' encoding='utf-8'?>\n<!-- a comment & more -->\n"
      "<a x='1' y=\"&lt;&#233;&#x1F6A2;&quot;\">\n  <b/><c z=''>te<![CDATA[x<t]]></c><b "
      "n='2'/>\n</a>\n");
  REQUIRE(root);
  CHECK(root->name == "a");
  CHECK(root->text_of("x") == "1");
  CHECK(root->text_of("y") == "<\xc3\xa9\xf0\x9f\x9a\xa2\"");
  CHECK(root->find("z") == nullptr);
  CHECK(root->children_of("b").size() == 2);
  CHECK(root->child("b")->attributes.empty());
  CHECK(root->child("c")->find("z") != nullptr);
  CHECK(root->child("c")->text == "tex<t");
  CHECK(root->child("d") == nullptr);
}

TEST_CASE("written as Go does it") {
  const Element root{.name = "a",
                     .attributes = {{"x", "<\"'&>\t\n\r\x01\xff\xc3\xa9"}},
                     .children = {{.name = "b"}, {.name = "c", .children = {{.name = "d"}}}}};
  CHECK(to_xml(root) ==
        "<a x=\"&lt;&#34;&#39;&amp;&gt;&#x9;&#xA;&#xD;\xef\xbf\xbd\xef\xbf\xbd\xc3\xa9\">\n"
        "\t<b></b>\n\t<c>\n\t\t<d></d>\n\t</c>\n</a>");
  CHECK(to_xml({.name = "a", .text = "x]]>y"}) == "<a><![CDATA[x]]]]><![CDATA[>y]]></a>");
}

TEST_CASE("escaped as libxml2 does it, and quotes too") {
  CHECK(escape_libxml("a<b>&\"'c") == "a&lt;b&gt;&amp;&quot;'c");
  CHECK(escape_libxml("\xc3\xa9t\xc3\xa9 \xe2\x82\xac\xf0\x9f\x9a\xa2") ==
        "&#xE9;t&#xE9; &#x20AC;&#x1F6A2;");
  CHECK(escape_libxml("\t\n\r\x01x") == "\t\n&#13;x");
  CHECK(escape_libxml("\xff") == "&#255;");
}

TEST_CASE("what is written is read back, for any tree") {
  SeededRandom random(11);
  const auto any_text = [&] {
    static constexpr std::string_view kPieces[] = {
        "a", "<", "&", "\"", "'", "\t", "\n", "]]>", "\xc3\xa9", "\xf0\x9f\x9a\xa2", " "};
    std::string text;
    for (uint64_t i = random.below(6); i > 0; --i) text += kPieces[random.below(11)];
    return text;
  };
  const std::function<Element(int)> any_element = [&](int depth) {
    Element element{.name = format("n{}", random.below(3))};
    for (uint64_t i = random.below(4); i > 0; --i) {
      element.attributes.emplace_back(format("a{}", i), any_text());
    }
    for (uint64_t i = depth > 0 ? random.below(4) : 0; i > 0; --i) {
      element.children.push_back(any_element(depth - 1));
    }
    if (element.children.empty()) element.text = any_text();
    return element;
  };
  for (int i = 0; i < 500; ++i) {
    const Element element = any_element(4);
    const auto read = parse_xml(to_xml(element));
    REQUIRE(read);
    CHECK(*read == element);
  }
}
