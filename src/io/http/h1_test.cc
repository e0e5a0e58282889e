// A server's HTTP/1.1 connections, byte by byte.
#include <doctest/doctest.h>

#include "base/text.h"
#include "io/http/client.h"
#include "io/http/server.h"
#include "sim/loop/pipe.h"
#include "sim/loop/sim_loop.h"

namespace argosy {
namespace {

struct Served {
  sim::SimLoop loop;
  int alive = 0;
  HttpServer server;
  std::unique_ptr<sim::PipePeer> client;

  Served() : server(loop, options()) { connect(); }

  void connect() {
    auto [near, far] = sim::PipeEnd::make(loop);
    client = std::make_unique<sim::PipePeer>(std::move(near));
    server.serve(std::move(far));
  }
  // Sends the bytes and gives what came back, without the Date fields.
  Bytes ask(BytesView bytes) {
    client->send(bytes);
    loop.settle();
    Bytes answer = client->take();
    while (true) {
      const size_t at = answer.find("Date: ");
      if (at == Bytes::npos) return answer;
      answer.erase(at, answer.find("\r\n", at) + 2 - at);
    }
  }

 private:
  HttpServerOptions options() {
    HttpServerOptions options;
    options.handler = [this](Exchange& exchange) { return handle(exchange, loop, alive); };
    options.head_timeout = seconds(10);
    return options;
  }

  static Task<void> handle(Exchange& exchange, Loop& loop, int& alive) {
    struct Counted {
      int& count;
      explicit Counted(int& c) : count(c) { ++count; }
      ~Counted() { --count; }
    };
    const Counted counted(alive);
    const std::string_view path = exchange.head().path();
    if (path == "/body") {
      const Bytes body = co_await exchange.read_all(1000);
      exchange.respond(200, "text/plain", body);
    } else if (path == "/chunks") {
      exchange.start(200, {});
      exchange.write("one");
      exchange.write("two");
      exchange.finish();
    } else if (path == "/slow") {
      co_await sleep_for(loop, seconds(60));
      exchange.respond(200, "", "late");
    } else if (path == "/broken") {
      exchange.start(200, {});
      exchange.write("half");
      co_await failure(Code::kInternal, "no more");
    } else if (path == "/refuse") {
      exchange.respond(413, "", "");
    } else {
      exchange.respond(200, "text/plain", path);
    }
  }
};

constexpr BytesView kHost = "Host: x\r\n\r\n";

Bytes get(std::string_view target, std::string_view more = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\n" + std::string(more) + std::string(kHost);
}

TEST_CASE("requests follow each other on a connection, pipelined or not") {
  Served served;
  CHECK(served.ask(get("/a")) ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n/a");
  const Bytes both = served.ask(get("/b") + get("/chunks") + get("/c"));
  CHECK(both ==
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n/b"
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\n/c");
  CHECK(!served.client->is_closed());
}

TEST_CASE("bytes that come one by one make the same request") {
  Served served;
  const Bytes request =
      "POST /body HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\n\r\n"
      "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n";
  Bytes answer;
  for (const char c : request) answer += served.ask(BytesView(&c, 1));
  CHECK(answer.ends_with("\r\n\r\nabcde"));
}

TEST_CASE("HEAD, 1.0 and Connection: close") {
  Served served;
  CHECK(served.ask("HEAD /chunks HTTP/1.1\r\nHost: x\r\n\r\n") == "HTTP/1.1 200 OK\r\n\r\n");
  CHECK(served.ask("HEAD /abc HTTP/1.1\r\nHost: x\r\n\r\n").ends_with("Content-Length: 4\r\n\r\n"));
  CHECK(served.ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            .ends_with("Connection: keep-alive\r\n\r\n/a"));
  // Chunks are unknown to 1.0: the end of the connection is the end of the body.
  CHECK(served.ask("GET /chunks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n") ==
        "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nonetwo");
  CHECK(served.client->is_closed());
  served.connect();
  CHECK(served.ask(get("/a", "Connection: close\r\n")).find("Connection: close") != Bytes::npos);
  CHECK(served.client->is_closed());
}

TEST_CASE("100 Continue is sent to who reads, not to who refuses") {
  Served served;
  const std::string_view fields =
      " HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 3\r\n\r\n";
  CHECK(served.ask("POST /body" + std::string(fields)) == "HTTP/1.1 100 Continue\r\n\r\n");
  CHECK(served.ask("abc").ends_with("\r\n\r\nabc"));
  const Bytes refused = served.ask("POST /refuse" + std::string(fields));
  CHECK(refused.starts_with("HTTP/1.1 413"));
  CHECK(refused.find("Connection: close") != Bytes::npos);
  CHECK(served.client->is_closed());
}

TEST_CASE("what is malformed is refused and the connection closed") {
  const std::vector<std::pair<Bytes, std::string_view>> cases{
      {"nonsense\r\n\r\n", "HTTP/1.1 400"},
      {"GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 400"},  // no Host
      {"GET / HTTP/3.0\r\nHost: x\r\n\r\n", "HTTP/1.1 400"},
      {get("/", "Content-Length: 1\r\nContent-Length: 2\r\n"), "HTTP/1.1 400"},
      {get("/", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), "HTTP/1.1 400"},
      {get("/", "Content-Length: -1\r\n"), "HTTP/1.1 400"},
      {get("/", "Transfer-Encoding: chunked\r\n") + "zz\r\n", "HTTP/1.1 400"},
      {get("/", "Bad Name: x\r\n"), "HTTP/1.1 400"},
      {get("/", "Large: " + Bytes(70'000, 'x') + "\r\n"), "HTTP/1.1 431"},
  };
  for (const auto& [request, status] : cases) {
    CAPTURE(request.substr(0, 80));
    Served served;
    CHECK(served.ask(request).starts_with(status));
    CHECK(served.client->is_closed());
    served.client->send("more of it that nobody reads");
    served.loop.advance(seconds(2));
    CHECK(served.server.connection_count() == 0);
    CHECK(served.alive == 0);
  }
}

TEST_CASE("a body that breaks off reaches the handler as an error") {
  Served served;
  const Bytes answer =
      served.ask("POST /body HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
  CHECK(answer.empty());
  CHECK(served.alive == 1);
  CHECK(served.ask("c\r\nzz\r\n").starts_with("HTTP/1.1 400"));
  CHECK(served.client->is_closed());
}

TEST_CASE("a handler that fails in the middle breaks the connection off") {
  Served served;
  CHECK(served.ask(get("/broken")).ends_with("4\r\nhalf\r\n"));
  CHECK(served.client->is_closed());
}

TEST_CASE("a head that does not end in time costs the connection") {
  for (const BytesView start : {"", "P", "PRI * HTTP/2.0\r\n", "GET / HTTP/1.1\r\nHost: x\r\n"}) {
    Served served;
    served.ask(start);
    served.loop.advance(milliseconds(9'900));
    CHECK(served.server.connection_count() == 1);
    served.client->send(start.empty() ? "" : "");
    served.loop.advance(milliseconds(200));
    CHECK(served.server.connection_count() == 0);
  }
  Served served;
  served.ask(get("/a"));
  served.loop.advance(seconds(100));
  CHECK(served.server.connection_count() == 1);  // idle, not slow
  served.ask("GET");
  served.loop.advance(seconds(11));
  CHECK(served.server.connection_count() == 0);
}

TEST_CASE("a half-closed client still gets its answer, one that waits too long is dropped") {
  Served served;
  served.client->send(get("/a"));
  served.client->stream().finish();
  served.loop.settle();
  CHECK(served.client->take().ends_with("/a"));
  served.loop.advance(seconds(2));
  CHECK(served.server.connection_count() == 0);
  served.connect();
  served.client->send(get("/slow"));
  served.client->stream().finish();
  served.loop.settle();
  CHECK(served.alive == 1);
  served.loop.advance(seconds(6));
  CHECK(served.alive == 0);
  CHECK(served.server.connection_count() == 0);
}

TEST_CASE("a client that hangs up in the middle of its body ends the handler") {
  Served served;
  served.ask("POST /body HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  CHECK(served.alive == 1);
  served.client->hang_up();
  served.loop.settle();
  CHECK(served.alive == 0);
  CHECK(served.server.connection_count() == 0);
}

Task<void> drain_then_note(HttpServer& server, bool& drained) {
  co_await server.drain();
  drained = true;
}

TEST_CASE("draining waits for the request that runs and drops idle connections") {
  Served served;
  served.ask(get("/slow"));
  bool drained = false;
  Scope scope(served.loop);
  scope.spawn(drain_then_note(served.server, drained));
  served.loop.advance(seconds(30));
  CHECK(!drained);
  served.loop.advance(seconds(31));
  CHECK(served.client->take().find("Connection: close") != Bytes::npos);
  served.client->hang_up();
  served.loop.settle();
  CHECK(drained);
}

Task<Bytes> fetch(HttpConnection& connection, std::string method) {
  const ResponseHead head = co_await connection.request(std::move(method), "/", {}, "");
  const Bytes body = co_await connection.read_all(100);
  co_return std::to_string(head.status) + ":" + body;
}

Task<void> note(Task<Bytes> task, std::optional<Result<Bytes>>& outcome) {
  outcome = co_await result(std::move(task));
}

TEST_CASE("a client reads answers of every shape") {
  const std::vector<std::tuple<std::string, Bytes, std::string>> cases{
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "200:ab"},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", "200:a"},
      {"GET",
       "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nA: b\r\n\r\n"
       "HTTP/1.1 204 No Content\r\n\r\n",
       "204:"},
      {"HEAD", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "200:"},
      {"GET", "HTTP/1.1 200 OK\r\n\r\nuntil the end", "200:until the end"},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab", "EOF"},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n" + Bytes(500, 'x'),
       "the response is larger than 100 bytes"},
      {"GET", "", "EOF"},
  };
  for (const auto& [method, answer, wanted] : cases) {
    CAPTURE(answer);
    sim::SimLoop loop;
    auto [near, far] = sim::PipeEnd::make(loop);
    sim::PipePeer server(std::move(near));
    HttpConnection connection(loop, std::move(far), "host");
    std::optional<Result<Bytes>> outcome;
    Scope scope(loop);
    scope.spawn(note(fetch(connection, method), outcome));
    loop.settle();
    CHECK(server.take().starts_with(method + " / HTTP/1.1\r\nHost: host\r\n"));
    for (const char c : answer) {
      server.send(BytesView(&c, 1));
      loop.settle();
    }
    server.hang_up();
    loop.settle();
    REQUIRE(outcome.has_value());
    CHECK((*outcome ? **outcome : outcome->error().message()) == wanted);
  }
}

}  // namespace
}  // namespace argosy
