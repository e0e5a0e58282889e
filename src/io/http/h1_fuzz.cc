// Any bytes as HTTP/1.1: to a server, whole and in pieces, which must make no
// difference, and to a client as an answer.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "io/http/client.h"
#include "io/http/server.h"
#include "sim/loop/pipe.h"
#include "sim/loop/sim_loop.h"

namespace argosy {
namespace {

// Reads all of the body first: who answers before it has come closes the connection.
Task<void> handle(Exchange& exchange) {
  const Bytes body = co_await exchange.read_all(1 << 20);
  const std::string_view path = exchange.head().path();
  if (path == "/body") {
    exchange.respond(200, "text/plain", body);
  } else if (path == "/chunks") {
    exchange.start(200, {});
    exchange.write(body);
    exchange.write(path);
  } else {
    exchange.respond(
        200, "text/plain",
        url_decode(path, false) + query_value(exchange.head().query(), "q").value_or("-"));
  }
}

// What the server says to the bytes, sent `step` at a time.
Bytes serve(BytesView bytes, size_t step) {
  sim::SimLoop loop;
  HttpServerOptions options;
  options.handler = handle;
  HttpServer server(loop, std::move(options));
  auto [near, far] = sim::PipeEnd::make(loop);
  sim::PipePeer client(std::move(near));
  server.serve(std::move(far));
  for (size_t at = 0; at < bytes.size(); at += step) {
    client.send(bytes.substr(at, step));
    loop.settle();
  }
  Bytes said = client.take();
  client.hang_up();
  loop.advance(minutes(1));
  check(server.connection_count() == 0);
  return said;
}

Task<void> fetch(HttpConnection& connection, std::string method) {
  (void)co_await connection.request(std::move(method), "/", {}, "");
  (void)co_await connection.read_all(10'000);
}

void receive(BytesView bytes, size_t step, bool is_head) {
  sim::SimLoop loop;
  auto [near, far] = sim::PipeEnd::make(loop);
  sim::PipePeer server(std::move(near));
  HttpConnection connection(loop, std::move(far), "host");
  Scope scope(loop);
  scope.spawn(fetch(connection, is_head ? "HEAD" : "GET"));
  for (size_t at = 0; at < bytes.size(); at += step) {
    server.send(bytes.substr(at, step));
    loop.settle();
  }
  server.hang_up();
  loop.settle();
  check(scope.size() == 0, "the end of the connection ends the request");
}

}  // namespace
}  // namespace argosy

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy;
  if (size < 2) return 0;
  // A head that is wrong may be refused at once or at its end: let it have one.
  const Bytes bytes = Bytes(reinterpret_cast<const char*>(data) + 1, size - 1) + "\r\n\r\n";
  const size_t step = 1 + data[0] % 40;
  // HTTP/2 and 100 Continue answer as the bytes come, and what is wrong with a body may
  // be found before or after its handler began.
  const bool as_they_come = bytes.starts_with("PRI") || bytes.find("100-") != Bytes::npos;
  const Bytes whole = serve(bytes, bytes.size());
  const Bytes pieces = serve(bytes, step);
  const bool is_refused = whole.find("malformed HTTP") != Bytes::npos;
  check(as_they_come || is_refused || whole == pieces, "pieces make no difference");
  receive(bytes, step, data[0] >= 128);
  return 0;
}
