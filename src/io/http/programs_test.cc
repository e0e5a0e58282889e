// What people have: curl, nghttp and h2load against one port, in the clear and with TLS.
#include <doctest/doctest.h>
#include <fstream>
#include <latch>
#include <sys/wait.h>
#include <thread>

#include "base/format.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/tls/test_certificates.h"
#include "io/tls/tls.h"

namespace argosy {
namespace {

Task<void> handle(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  const std::string version = exchange.head().is_http2 ? "2" : "1";
  if (path == "/echo") {
    auto body = co_await result(exchange.read_all(4 << 20));
    if (!body) co_return exchange.respond(413, "text/plain", body.error().message());
    exchange.respond(200, "application/octet-stream", *body);
  } else if (path == "/pieces") {
    exchange.start(200, {{"Content-Type", "text/plain"}});
    for (int i = 0; i < 100; ++i) {
      exchange.write(Bytes(10'000, 'p'));
      co_await exchange.writable();
    }
  } else if (path == "/missing") {
    exchange.respond(404, "text/plain", "");
  } else {
    exchange.respond(200, "text/plain",
                     format("{} {} {}", version, exchange.head().method, exchange.head().target));
  }
}

// One server, with a port in the clear and one with TLS; its loop has its own thread.
class ServerThread {
 public:
  ServerThread() : thread_([this] { serve(); }) { ready_.wait(); }
  ~ServerThread() {
    loop_->stop();
    thread_.join();
  }
  std::string url(bool is_secure) const {
    return is_secure ? format("https://localhost:{}", secure_port_)
                     : format("http://127.0.0.1:{}", plain_port_);
  }
  std::string authority() const { return certificates_.certificate("ca"); }
  std::string scratch() const { return certificates_.path("scratch"); }

 private:
  static Task<void> secure(Loop& loop, TlsContext& tls, HttpServer& http,
                           std::unique_ptr<Stream> stream) {
    http.serve(co_await tls.handshake(loop, std::move(stream), ""));
  }

  void serve() {
    UvLoop loop;
    certificates_.make("server", "DNS:localhost,IP:127.0.0.1");
    auto tls = *TlsContext::make(true, {.cert_file = certificates_.certificate("server"),
                                        .key_file = certificates_.key("server"),
                                        .verify_peer = false,
                                        .alpn = {"h2", "http/1.1"}});
    HttpServerOptions options;
    options.handler = handle;
    HttpServer http(loop, std::move(options));
    Scope scope(loop);
    const auto plain = *loop.network().listen({"127.0.0.1", 0, {}},
                                              [&](auto stream) { http.serve(std::move(stream)); });
    const auto sealed = *loop.network().listen({"127.0.0.1", 0, {}}, [&](auto stream) {
      scope.spawn(secure(loop, *tls, http, std::move(stream)));
    });
    loop_ = &loop;
    plain_port_ = plain->port();
    secure_port_ = sealed->port();
    loop.post([this] { ready_.count_down(); });
    loop.run();
  }

  TestCertificates certificates_;
  UvLoop* loop_ = nullptr;
  uint16_t plain_port_ = 0;
  uint16_t secure_port_ = 0;
  std::latch ready_{1};
  std::thread thread_;
};

struct Output {
  int status = 0;
  std::string text;
};

Output run(const std::string& command) {
  FILE* pipe = ::popen((command + " 2>&1").c_str(), "r");
  REQUIRE(pipe != nullptr);
  Output output;
  char buffer[64 * 1024];
  while (const size_t count = std::fread(buffer, 1, sizeof buffer, pipe)) {
    output.text.append(buffer, count);
  }
  output.status = WEXITSTATUS(::pclose(pipe));
  return output;
}

bool has(const char* program) {
  if (run(format("command -v {}", program)).status == 0) return true;
  MESSAGE("skipped: there is no " << program << " here");
  return false;
}

TEST_CASE("curl, with both versions, in the clear and with TLS") {
  if (!has("curl")) return;
  const ServerThread server;
  for (const bool is_secure : {false, true}) {
    for (const int version : {1, 2}) {
      CAPTURE(is_secure);
      CAPTURE(version);
      const std::string curl =
          format("curl -sS --max-time 20 --cacert {} {}", server.authority(),
                 version == 1 ? "--http1.1" : (is_secure ? "--http2" : "--http2-prior-knowledge"));
      const std::string url = server.url(is_secure);
      CHECK(run(format("{} '{}/a/b?c=d&e'", curl, url)).text ==
            format("{} GET /a/b?c=d&e", version));
      // curl 7.88 cannot use a connection twice that it took for HTTP/2 without asking.
      if (version == 1 || is_secure) {
        CHECK(run(format("{} -X DELETE {}/x {}/y", curl, url, url)).text ==
              format("{0} DELETE /x{0} DELETE /y", version));
      }
      CHECK(run(format("{} -d 'some body' {}/echo", curl, url)).text == "some body");
      CHECK(
          run(format("{} -o /dev/null -w '%{{http_code}} %{{size_download}}' {}/pieces", curl, url))
              .text == "200 1000000");
      const Output head = run(format("{} -I {}/pieces", curl, url));
      CHECK(head.status == 0);
      CHECK(head.text.find("200") != std::string::npos);
      CHECK(run(format("{} -o /dev/null -w '%{{http_code}}' {}/missing", curl, url)).text == "404");
    }
  }
}

TEST_CASE("curl's large bodies come back whole, sent with a length or in chunks") {
  if (!has("curl")) return;
  const ServerThread server;
  std::string body;
  while (body.size() < 3'000'000) body += format("line {}\n", body.size());
  std::ofstream(server.scratch()) << body;
  for (const bool is_secure : {false, true}) {
    for (const char* how : {"--http1.1", "--http1.1 -H 'Transfer-Encoding: chunked'",
                            "--http1.1 -H 'Expect: 100-continue'", "--http2-prior-knowledge"}) {
      CAPTURE(how);
      const Output output =
          run(format("curl -sS --max-time 20 --cacert {} {} --data-binary @{} {}/echo",
                     server.authority(), how, server.scratch(), server.url(is_secure)));
      CHECK(output.text.size() == body.size());
      CHECK(output.text == body);
    }
  }
  std::ofstream(server.scratch(), std::ios::app) << body;
  // With HTTP/2 curl 7.88 loses an answer that comes with a reset, NO_ERROR or not.
  const Output refused =
      run(format("curl -sS --max-time 20 --http1.1 -o /dev/null -w '%{{http_code}}' "
                 "--data-binary @{} {}/echo",
                 server.scratch(), server.url(false)));
  CHECK(refused.text.ends_with("413"));
  if (!has("nghttp")) return;
  CHECK(run(format("nghttp -nv -d {} {}/echo", server.scratch(), server.url(false)))
            .text.find(":status: 413") != std::string::npos);
}

TEST_CASE("curl asks for an upgrade to HTTP/2 in the clear and is answered in HTTP/1.1") {
  if (!has("curl")) return;
  const ServerThread server;
  CHECK(run(format("curl -sS --max-time 20 --http2 {}/x", server.url(false))).text == "1 GET /x");
  CHECK(run(format("curl -sS --max-time 20 --http1.0 {}/x", server.url(false))).text == "1 GET /x");
}

TEST_CASE("nghttp reads many streams of one connection") {
  if (!has("nghttp")) return;
  const ServerThread server;
  for (const bool is_secure : {false, true}) {
    const Output output =
        run(format("nghttp -nas --no-verify-peer -m 50 {}/pieces", server.url(is_secure)));
    CAPTURE(output.text);
    CHECK(output.status == 0);
    CHECK(output.text.find(" 200 ") != std::string::npos);
  }
}

TEST_CASE("h2load's storms are answered without a failure") {
  if (!has("h2load")) return;
  const ServerThread server;
  std::ofstream(server.scratch()) << std::string(1000, 'b');
  for (const bool is_secure : {false, true}) {
    for (const char* how : {"-m 1", "-m 100", "--h1", "-m 20 -w 16 -W 17"}) {
      for (const char* path : {"/x", "/pieces"}) {
        const bool is_large = std::string_view(path) == "/pieces";
        const int count = is_large ? 200 : 4000;
        const Output output =
            run(format("h2load -n {} -c 20 {} {}{}", count, how, server.url(is_secure), path));
        CAPTURE(output.text);
        CHECK(output.text.find(format("{} succeeded, 0 failed, 0 errored", count)) !=
              std::string::npos);
      }
    }
  }
  const Output posted =
      run(format("h2load -n 2000 -c 10 -m 10 -d {} {}/echo", server.scratch(), server.url(true)));
  CHECK(posted.text.find("2000 succeeded, 0 failed, 0 errored") != std::string::npos);
}

}  // namespace
}  // namespace argosy
