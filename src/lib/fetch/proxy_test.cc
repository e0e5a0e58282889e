// The environment's proxies, as curl(1) reads them.
#include <cstdlib>

#include "lib/fetch/served_test.h"

namespace argosy::fetch {
namespace {

// For as long as it lives.
class Variable {
 public:
  Variable(const char* name, const std::string& value) : name_(name) {
    ::setenv(name, value.c_str(), 1);
  }
  ~Variable() { ::unsetenv(name_); }
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

std::string url_of(const Served& proxy, std::string_view login = "") {
  return format("http://{}127.0.0.1:{}", login, proxy.listener->port());
}

Request for_example(std::string_view scheme) {
  Request request;
  request.url = format("{}://updates.example/payload", scheme);
  return request;
}

TEST_CASE("http goes through its proxy, with the proxy's login") {
  Served proxy;
  proxy.answers = {answer("200 OK\r\nContent-Length: 5", "hello")};
  const Variable http("http_proxy", url_of(proxy, "core:os@"));
  const auto got = proxy.get(for_example("http"));
  REQUIRE(got.response);
  CHECK_EQ(got.response->body, "hello");
  CHECK(proxy.requests[0].starts_with("GET http://updates.example/payload HTTP/1.1\r\n"));
  CHECK(proxy.requests[0].contains("Proxy-Authorization: Basic Y29yZTpvcw==\r\n"));
}

TEST_CASE("https goes through a tunnel of its proxy") {
  Served proxy;
  proxy.answers = {answer("403 Forbidden\r\nContent-Length: 0", "")};
  const Variable https("https_proxy", url_of(proxy));
  const auto got = proxy.get(for_example("https"));
  CHECK_FALSE(got.response);
  CHECK_EQ(name_of(got.failure), name_of(Failure::kConnect));
  CHECK(proxy.requests[0].starts_with("CONNECT updates.example:443 HTTP/1.1\r\n"));
}

TEST_CASE("hosts in no_proxy are asked themselves") {
  Served proxy;
  Served served;
  served.answers = {answer("200 OK\r\nContent-Length: 6", "direct")};
  const Variable http("http_proxy", url_of(proxy));
  for (const char* hosts : {"127.0.0.1", "other.example,127.0.0.1", "*"}) {
    CAPTURE(hosts);
    const Variable none("no_proxy", hosts);
    const auto got = served.get(served.request());
    REQUIRE(got.response);
    CHECK_EQ(got.response->body, "direct");
  }
  CHECK(proxy.requests.empty());
}

TEST_CASE("a proxy that is not there is told") {
  Served nobody;
  const Variable http("http_proxy", "http://127.0.0.1:1");
  const auto got = nobody.get(for_example("http"));
  CHECK_EQ(name_of(got.failure), name_of(Failure::kConnect));
}

}  // namespace
}  // namespace argosy::fetch
