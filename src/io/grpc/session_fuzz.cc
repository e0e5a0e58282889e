// A client of a server for gRPC and HTTP that sends any HTTP/2 frames, right and wrong,
// at any time. Input: steps of four bytes (what, flags, stream, size) and so many bytes.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "io/grpc/server.h"
#include "io/http/server.h"
#include "sim/loop/pipe.h"
#include "sim/loop/sim_loop.h"

namespace argosy::grpc {
namespace {

struct Counted {
  int& count;
  explicit Counted(int& c) : count(c) { ++count; }
  ~Counted() { --count; }
};

Task<Bytes> unary(Loop& loop, int& alive, BytesView request) {
  const Counted counted(alive);
  if (request.size() % 2 == 1) co_await sleep_for(loop, milliseconds(10));
  co_return Bytes(request);
}

Task<void> echo(int& alive, ServerStream& stream) {
  const Counted counted(alive);
  while (std::optional<Bytes> message = co_await stream.read()) {
    for (int i = 0; i < 3; ++i) stream.write(*message);
    co_await stream.writable();
  }
}

Task<void> plain(int& alive, Exchange& exchange) {
  const Counted counted(alive);
  const Bytes body = co_await exchange.read_all(100'000);
  exchange.respond(200, "text/plain", body);
}

void append_field(Bytes& out, std::string_view name, std::string_view value) {
  out += '\0';
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  out += value;
}

// A request's fields for the paths that there are.
Bytes known_fields(uint8_t which) {
  Bytes out;
  append_field(out, ":method", "POST");
  append_field(out, ":scheme", "http");
  append_field(out, ":authority", "x");
  append_field(out, ":path", which % 3 == 0 ? "/t/Unary" : which % 3 == 1 ? "/t/Echo" : "/plain");
  if (which % 3 != 2) append_field(out, "content-type", "application/grpc");
  if (which % 5 == 1) append_field(out, "grpc-timeout", "5m");
  if (which % 7 == 1) append_field(out, "grpc-encoding", "gzip");
  return out;
}

struct Fixture {
  sim::SimLoop loop;
  int alive = 0;
  Server server{loop, Limits{.max_receive = 50'000}};
  std::unique_ptr<HttpServer> http;
  Scope scope{loop};

  Fixture() {
    server.add_unary("/t/Unary", [this](const CallInfo&, BytesView request) {
      return unary(loop, alive, request);
    });
    server.add_stream("/t/Echo", CallKind::kBidiStream,
                      [this](ServerStream& stream) { return echo(alive, stream); });
    HttpServerOptions options;
    options.h2.ping_after_idle = seconds(10);
    options.handler = [this](Exchange& exchange) { return plain(alive, exchange); };
    options.take_h2 = [this](H2Stream& stream) -> std::unique_ptr<H2Stream::Handler> {
      return Server::is_grpc(stream) ? server.accept(stream) : nullptr;
    };
    http = std::make_unique<HttpServer>(loop, std::move(options));
  }
};

constexpr size_t kStep = 4;

// One step that is no frame.
void do_other(Fixture& fixture, sim::PipePeer& client, uint8_t what, uint8_t amount) {
  switch (what % 4) {
    case 0:
      fixture.loop.advance(milliseconds(amount));
      break;
    case 1:
      client.stream().pause_reading(amount % 2 == 0);
      break;
    case 2:
      fixture.loop.settle();
      break;
    default:
      if (amount == 77) fixture.scope.spawn(fixture.http->drain());
  }
}

void send_frame(sim::PipePeer& client, const uint8_t* step, BytesView payload) {
  const Bytes fields = step[0] % 16 == 1 && payload.empty() ? known_fields(step[2] / 8) : Bytes();
  if (!fields.empty()) payload = fields;
  Bytes frame;
  append_be32(frame, static_cast<uint32_t>(payload.size()) << 8 | step[0] % 16);
  frame += static_cast<char>(step[1]);
  append_be32(frame, step[2] % 32);
  client.send(frame + Bytes(payload));
}

void run(BytesView input) {
  Fixture fixture;
  auto [near, far] = sim::PipeEnd::make(fixture.loop);
  sim::PipePeer client(std::move(near));
  fixture.http->serve(std::move(far));
  client.send(BytesView("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0", 33));
  while (input.size() >= kStep) {
    const auto* step = reinterpret_cast<const uint8_t*>(input.data());
    input.remove_prefix(kStep);
    const BytesView payload = input.substr(0, step[3]);
    if (step[0] >= 0xF0) {
      client.send(payload);
    } else if (step[0] >= 0xA0) {
      do_other(fixture, client, step[1], step[2]);
      continue;
    } else {
      send_frame(client, step, payload);
    }
    input.remove_prefix(payload.size());
    if (step[0] % 32 < 16) fixture.loop.settle();
  }
  client.hang_up();
  fixture.loop.advance(minutes(1));
  check(fixture.alive == 0, "a handler outlived its connection");
  check(fixture.http->connection_count() == 0);
}

}  // namespace
}  // namespace argosy::grpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 0) argosy::grpc::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
