#include "io/http/h2_rules.h"

#include <doctest/doctest.h>

namespace argosy {
namespace {

using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

H2Fields fields_of(const Pairs& pairs) {
  H2Fields fields;
  for (const auto& [name, value] : pairs) fields.add(name, value);
  return fields;
}

// A good request with more fields behind it.
bool takes(const Pairs& more) {
  Pairs pairs = {{":method", "POST"}, {":scheme", "http"}, {":path", "/a"}};
  pairs.insert(pairs.end(), more.begin(), more.end());
  return is_well_formed_request(fields_of(pairs));
}

}  // namespace

TEST_CASE("a request needs its method, scheme and path, each once") {
  CHECK(takes({}));
  CHECK(takes({{":authority", ""}}));
  CHECK_FALSE(takes({{":path", "/b"}}));
  CHECK_FALSE(takes({{":authority", "a"}, {":authority", "a"}}));
  CHECK_FALSE(is_well_formed_request(fields_of({{":method", "GET"}, {":scheme", "http"}})));
  CHECK_FALSE(is_well_formed_request(fields_of({{":method", "GET"}, {":path", "/"}})));
  CHECK_FALSE(is_well_formed_request(fields_of({{":scheme", "http"}, {":path", "/"}})));
  CHECK_FALSE(
      is_well_formed_request(fields_of({{":method", "GET"}, {":scheme", "http"}, {":path", ""}})));
  CHECK_FALSE(
      is_well_formed_request(fields_of({{":method", "GET"}, {":scheme", "http"}, {":path", "a"}})));
  CHECK(is_well_formed_request(
      fields_of({{":method", "OPTIONS"}, {":scheme", "http"}, {":path", "*"}})));
}

TEST_CASE("an authority may be the whole of an endpoint") {
  CHECK(takes({{":authority", "http://127.0.0.1:2379"}}));
  CHECK(takes({{":authority", "#initially=[unix:///a b]"}}));
  CHECK_FALSE(takes({{":authority", "a\r\nb"}}));
}

TEST_CASE("pseudo fields come first, and only those that are known") {
  CHECK_FALSE(takes({{"a", "b"}, {":authority", "c"}}));
  CHECK_FALSE(takes({{":protocol", "websocket"}}));
  CHECK_FALSE(takes({{":status", "200"}}));
  CHECK_FALSE(are_well_formed_trailers(fields_of({{":path", "/"}})));
}

TEST_CASE("names and values") {
  CHECK(takes({{"x-y_z.1", "a value, \t\xC3\xBC"}}));
  CHECK_FALSE(takes({{"X", "a"}}));
  CHECK_FALSE(takes({{"", "a"}}));
  CHECK_FALSE(takes({{"a b", "a"}}));
  CHECK_FALSE(takes({{"a", "b\nc"}}));
  CHECK_FALSE(takes({{"a", std::string_view("b\0c", 3)}}));
}

TEST_CASE("fields of one connection are refused") {
  for (const char* name :
       {"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}) {
    CHECK_FALSE(takes({{name, "x"}}));
  }
  CHECK(takes({{"te", "trailers"}}));
  CHECK_FALSE(takes({{"te", "gzip"}}));
}

TEST_CASE("a length is a number") {
  CHECK(takes({{"content-length", "12"}}));
  CHECK(content_length(fields_of({{"content-length", "12"}})) == 12);
  CHECK_FALSE(content_length(fields_of({{"a", "12"}})).has_value());
  CHECK_FALSE(takes({{"content-length", "-1"}}));
  CHECK_FALSE(takes({{"content-length", "1 2"}}));
}

}  // namespace argosy
