// Whom a transfer trusts.
#include "io/tls/test_certificates.h"
#include "lib/fetch/served_test.h"

namespace argosy::fetch {
namespace {

struct SecureServed : Served {
  TestCertificates certificates;

  // The server shows NAME's certificate; `ca` signs those of clients, empty: none is asked for.
  void show(std::string_view name, std::string_view ca = "") {
    TlsOptions options{.cert_file = certificates.certificate(name),
                       .key_file = certificates.key(name),
                       .verify_peer = !ca.empty()};
    if (!ca.empty()) options.ca_file = certificates.certificate(ca);
    auto made = TlsContext::make(true, std::move(options));
    REQUIRE(made.has_value());
    tls = *std::move(made);
    answers = {answer("200 OK\r\nContent-Length: 6", "secret")};
  }
  Request trusting(std::string_view authority) {
    Request request = this->request();
    request.tls.ca_file = certificates.certificate(authority);
    return request;
  }
};

TEST_CASE("a server whose certificate an own authority has signed") {
  SecureServed served;
  served.certificates.make("server", "DNS:localhost,IP:127.0.0.1");
  served.show("server");
  const auto got = served.get(served.trusting("ca"));
  REQUIRE(got.response);
  CHECK_EQ(got.response->body, "secret");
}

TEST_CASE("the password goes to a server that has proved who it is") {
  SecureServed served;
  served.certificates.make("server", "IP:127.0.0.1");
  served.show("server");
  Request request = served.trusting("ca");
  request.user = "core";
  request.password = "os";
  REQUIRE(served.get(request).response);
  CHECK(served.requests[0].contains("Authorization: Basic Y29yZTpvcw==\r\n"));
}

TEST_CASE("servers that are not trusted hear no request") {
  SecureServed served;
  served.certificates.make_authority("other");
  served.certificates.make("good", "IP:127.0.0.1");
  served.certificates.make("elsewhere", "DNS:example.org,IP:127.0.0.2");
  served.certificates.make("expired", "IP:127.0.0.1", -1);
  served.certificates.make("stranger", "IP:127.0.0.1", 10, "other");
  struct Row {
    const char* name;
    const char* trusted;
  };
  for (const Row& row : {Row{"elsewhere", "ca"}, Row{"expired", "ca"}, Row{"stranger", "ca"},
                         Row{"good", "other"}}) {
    CAPTURE(row.name);
    served.show(row.name);
    const auto got = served.get(served.trusting(row.trusted));
    CHECK_EQ(name_of(got.failure), name_of(Failure::kTls));
  }
  served.show("good");
  // Nor by the system's authorities.
  CHECK_EQ(name_of(served.get(served.request()).failure), name_of(Failure::kTls));
  CHECK(served.requests.empty());
}

TEST_CASE("a server that wants a certificate gets ours") {
  SecureServed served;
  served.certificates.make("server", "IP:127.0.0.1");
  served.certificates.make("client", "DNS:client");
  served.show("server", "ca");
  Request request = served.trusting("ca");
  CHECK_FALSE(served.get(request).response);
  request.tls.certificate_file = served.certificates.certificate("client");
  request.tls.key_file = served.certificates.key("client");
  CHECK(served.get(request).response);
}

}  // namespace
}  // namespace argosy::fetch
