// HTTP/2 sessions, frame by frame: what a peer may do, and what it may not.
#include <doctest/doctest.h>

#include "io/http/h2_session.h"
#include "io/http/server.h"
#include "sim/loop/pipe.h"
#include "sim/loop/sim_loop.h"

namespace argosy {
namespace {

constexpr BytesView kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
enum Type : uint8_t {
  kData = 0,
  kHeaders = 1,
  kReset = 3,
  kSettings = 4,
  kPing = 6,
  kGoAway = 7,
  kWindowUpdate = 8,
  kContinuation = 9,
};
constexpr uint8_t kEndStream = 1;
constexpr uint8_t kAck = 1;
constexpr uint8_t kEndHeaders = 4;

struct Frame {
  uint8_t type = 0;
  uint8_t flags = 0;
  uint32_t stream = 0;
  Bytes payload;
};

Bytes frame(uint8_t type, uint8_t flags, uint32_t stream, BytesView payload) {
  Bytes out;
  const auto size = static_cast<uint32_t>(payload.size());
  out += static_cast<char>(size >> 16);
  out += static_cast<char>(size >> 8);
  out += static_cast<char>(size);
  out += static_cast<char>(type);
  out += static_cast<char>(flags);
  append_be32(out, stream);
  out += payload;
  return out;
}

std::vector<Frame> frames_of(BytesView bytes) {
  std::vector<Frame> all;
  while (bytes.size() >= 9) {
    const size_t size = load_be32(bytes.data()) >> 8;
    REQUIRE(bytes.size() >= 9 + size);
    all.push_back({static_cast<uint8_t>(bytes[3]), static_cast<uint8_t>(bytes[4]),
                   load_be32(bytes.data() + 5), Bytes(bytes.substr(9, size))});
    bytes.remove_prefix(9 + size);
  }
  return all;
}

// A literal field that enters no table (RFC 7541, 6.2.2); texts under 127 bytes.
Bytes field(std::string_view name, std::string_view value) {
  Bytes out(1, '\0');
  out += static_cast<char>(name.size());
  out += name;
  out += static_cast<char>(value.size());
  out += value;
  return out;
}

Bytes request_fields(std::string_view path, std::string_view method = "POST") {
  return field(":method", method) + field(":scheme", "http") + field(":path", path) +
         field(":authority", "x");
}

struct Fixture {
  sim::SimLoop loop;
  int alive = 0;
  std::unique_ptr<HttpServer> server;
  std::unique_ptr<sim::PipePeer> client;

  explicit Fixture(H2Options h2 = {}) {
    HttpServerOptions options;
    options.h2 = h2;
    options.handler = [this](Exchange& exchange) { return handle(exchange, loop, alive); };
    server = std::make_unique<HttpServer>(loop, std::move(options));
    auto [near, far] = sim::PipeEnd::make(loop);
    client = std::make_unique<sim::PipePeer>(std::move(near));
    server->serve(std::move(far));
    send(Bytes(kPreface) + frame(kSettings, 0, 0, ""));
    send(frame(kSettings, kAck, 0, ""));
  }
  std::vector<Frame> send(BytesView bytes) {
    client->send(bytes);
    loop.settle();
    return frames_of(client->take());
  }
  std::vector<Frame> request(uint32_t stream, std::string_view path, uint8_t flags = kEndStream) {
    return send(frame(kHeaders, flags | kEndHeaders, stream, request_fields(path)));
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
      const Bytes body = co_await exchange.read_all(10 << 20);
      exchange.respond(200, "", std::to_string(body.size()));
    } else if (path == "/hang") {
      co_await sleep_for(loop, hours(1));
    } else if (path == "/early") {
      exchange.respond(200, "", "no need");
    } else if (path == "/large") {
      exchange.start(200, {});
      for (int i = 0; i < 64; ++i) {
        exchange.write(Bytes(16 * 1024, 'x'));
        co_await exchange.writable();
      }
    } else {
      exchange.respond(200, "", path);
    }
  }
};

const Frame* find(const std::vector<Frame>& frames, uint8_t type) {
  for (const Frame& one : frames) {
    if (one.type == type) return &one;
  }
  return nullptr;
}

uint32_t goaway_code(const std::vector<Frame>& frames) {
  const Frame* goaway = find(frames, kGoAway);
  return goaway != nullptr ? load_be32(goaway->payload.data() + 4) : ~0U;
}

TEST_CASE("a request is answered and its stream is gone") {
  Fixture fixture;
  const auto frames = fixture.request(1, "/abc");
  REQUIRE(find(frames, kData) != nullptr);
  CHECK(find(frames, kData)->payload == "/abc");
  CHECK(fixture.alive == 0);
  CHECK(fixture.server->connection_count() == 1);
}

TEST_CASE("HEAD has no body, and an early answer resets the rest of the request") {
  Fixture fixture;
  auto frames =
      fixture.send(frame(kHeaders, kEndStream | kEndHeaders, 1, request_fields("/abc", "HEAD")));
  REQUIRE(find(frames, kData) != nullptr);
  CHECK(find(frames, kData)->payload.empty());
  frames = fixture.request(3, "/early", 0);
  REQUIRE(find(frames, kReset) != nullptr);
  CHECK(load_be32(find(frames, kReset)->payload.data()) == 0);  // NO_ERROR
  CHECK(fixture.alive == 0);
}

TEST_CASE("a reset destroys the handler") {
  Fixture fixture;
  fixture.request(1, "/hang");
  CHECK(fixture.alive == 1);
  Bytes cancel;
  append_be32(cancel, 8);
  fixture.send(frame(kReset, 0, 1, cancel));
  CHECK(fixture.alive == 0);
}

TEST_CASE("a flood of resets ends the connection (CVE-2023-44487)") {
  Fixture fixture;
  Bytes cancel;
  append_be32(cancel, 8);
  std::vector<Frame> frames;
  uint32_t stream = 1;
  for (; stream < 6001 && find(frames, kGoAway) == nullptr; stream += 2) {
    frames = fixture.send(frame(kHeaders, kEndHeaders, stream, request_fields("/hang")) +
                          frame(kReset, 0, stream, cancel));
  }
  CHECK(stream > 1000);
  CHECK(stream < 6001);
  CHECK(goaway_code(frames) != ~0U);
  CHECK(fixture.alive == 0);
  fixture.loop.advance(seconds(2));
  CHECK(fixture.server->connection_count() == 0);
}

TEST_CASE("headers without end are cut off") {
  Fixture fixture;
  std::vector<Frame> frames = fixture.send(frame(kHeaders, 0, 1, request_fields("/abc")));
  int sent = 0;
  for (; sent < 1000 && find(frames, kGoAway) == nullptr; ++sent) {
    frames = fixture.send(frame(kContinuation, 0, 1, field("a", "b")));
  }
  CHECK(sent < 100);
  CHECK(goaway_code(frames) != ~0U);
  fixture.loop.advance(seconds(2));
  CHECK(fixture.server->connection_count() == 0);
}

TEST_CASE("more header bytes than allowed reset the stream, not the connection") {
  H2Options options;
  options.max_header_bytes = 1000;
  Fixture fixture(options);
  Bytes fields = request_fields("/abc");
  for (int i = 0; i < 20; ++i) fields += field("name", Bytes(100, 'x'));
  const auto frames = fixture.send(frame(kHeaders, kEndStream | kEndHeaders, 1, fields));
  CHECK(find(frames, kReset) != nullptr);
  CHECK(find(frames, kGoAway) == nullptr);
  CHECK(find(fixture.request(3, "/abc"), kData) != nullptr);
}

TEST_CASE("a flood of settings that the client does not read the answers of is bounded") {
  Fixture fixture;
  fixture.client->stream().pause_reading(true);
  Bytes flood;
  for (int i = 0; i < 1000; ++i) flood += frame(kSettings, 0, 0, "");
  for (int i = 0; i < 200 && fixture.server->connection_count() == 1; ++i) {
    fixture.client->send(flood);
    fixture.loop.settle();
  }
  fixture.loop.advance(seconds(3));
  CHECK(fixture.server->connection_count() == 0);
}

TEST_CASE("pings: the third that comes too soon is one too many, unless there was data") {
  Fixture fixture;
  const Bytes ping = frame(kPing, 0, 0, "12345678");
  fixture.request(1, "/hang");
  CHECK(find(fixture.send(ping), kPing) != nullptr);
  for (int i = 0; i < 2; ++i) CHECK(find(fixture.send(ping), kGoAway) == nullptr);
  uint32_t stream = 3;
  for (int i = 0; i < 20; ++i, stream += 2) {
    fixture.request(stream, "/abc");
    CHECK(find(fixture.send(ping), kGoAway) == nullptr);
  }
  for (int i = 0; i < 20; ++i) {
    fixture.loop.advance(seconds(5));
    CHECK(find(fixture.send(ping), kGoAway) == nullptr);
  }
  for (int i = 0; i < 2; ++i) CHECK(find(fixture.send(ping), kGoAway) == nullptr);
  const auto frames = fixture.send(ping);
  CHECK(goaway_code(frames) == 11);  // ENHANCE_YOUR_CALM
  CHECK(find(frames, kGoAway)->payload.substr(8) == "too_many_pings");
  CHECK(fixture.alive == 0);
  fixture.loop.advance(seconds(2));
  CHECK(fixture.server->connection_count() == 0);
}

TEST_CASE("without a stream even slow pings are too many, unless that is allowed") {
  for (const bool allowed : {false, true}) {
    H2Options options;
    options.ping_without_streams = allowed;
    Fixture fixture(options);
    std::vector<Frame> frames;
    for (int i = 0; i < 10 && find(frames, kGoAway) == nullptr; ++i) {
      fixture.loop.advance(seconds(60));
      frames = fixture.send(frame(kPing, 0, 0, "12345678"));
    }
    CHECK((find(frames, kGoAway) == nullptr) == allowed);
  }
}

TEST_CASE("the server's own pings find a dead client and leave a living one alone") {
  H2Options options;
  options.ping_after_idle = seconds(10);
  options.ping_timeout = seconds(5);
  Fixture fixture(options);
  fixture.request(1, "/hang");
  for (int i = 0; i < 5; ++i) {
    fixture.loop.advance(seconds(10));
    const auto frames = frames_of(fixture.client->take());
    REQUIRE(find(frames, kPing) != nullptr);
    fixture.send(frame(kPing, kAck, 0, find(frames, kPing)->payload));
  }
  CHECK(fixture.alive == 1);
  fixture.loop.advance(seconds(16));
  CHECK(fixture.alive == 0);
  CHECK(fixture.server->connection_count() == 0);
}

TEST_CASE("a window that nobody reads from fills, and what closes gives it back") {
  H2Options options;
  options.stream_window = 100'000;
  options.connection_window = 100'000;
  Fixture fixture(options);
  const Bytes piece(16'000, 'x');
  uint32_t stream = 1;
  Bytes cancel;
  append_be32(cancel, 8);
  uint64_t given_back = 0;
  for (int round = 0; round < 20; ++round, stream += 2) {
    auto frames = fixture.request(stream, "/hang", 0);
    for (int i = 0; i < 6; ++i) {
      auto more = fixture.send(frame(kData, 0, stream, piece));
      frames.insert(frames.end(), more.begin(), more.end());
    }
    for (const Frame& one : frames) CHECK(one.type != kWindowUpdate);
    for (const Frame& one : fixture.send(frame(kReset, 0, stream, cancel))) {
      if (one.type == kWindowUpdate && one.stream == 0) {
        given_back += load_be32(one.payload.data());
      }
    }
  }
  CHECK(given_back == 20 * 6 * 16'000);
}

TEST_CASE("who sends beyond the window is cut off") {
  H2Options options;
  options.stream_window = 70'000;
  options.connection_window = 70'000;
  Fixture fixture(options);
  fixture.request(1, "/hang", 0);
  std::vector<Frame> frames;
  for (int i = 0; i < 5; ++i) frames = fixture.send(frame(kData, 0, 1, Bytes(16'000, 'x')));
  CHECK(goaway_code(frames) == 3);  // FLOW_CONTROL_ERROR
  CHECK(fixture.alive == 0);
}

TEST_CASE("a body larger than the window arrives when it is read") {
  H2Options options;
  options.stream_window = 70'000;
  options.connection_window = 70'000;
  Fixture fixture(options);
  fixture.request(1, "/body", 0);
  int64_t window = 70'000;
  std::vector<Frame> frames;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(window >= 10'000);
    window -= 10'000;
    frames = fixture.send(frame(kData, i == 99 ? kEndStream : 0, 1, Bytes(10'000, 'x')));
    for (const Frame& one : frames) {
      if (one.type == kWindowUpdate && one.stream == 1) window += load_be32(one.payload.data());
    }
  }
  REQUIRE(find(frames, kData) != nullptr);
  CHECK(find(frames, kData)->payload == "1000000");
}

TEST_CASE("a large answer waits for the client's window") {
  Fixture fixture;
  auto frames = fixture.request(1, "/large");
  size_t got = 0;
  for (int i = 0; i < 100; ++i) {
    for (const Frame& one : frames) got += one.type == kData ? one.payload.size() : 0;
    if (got == 64 * 16 * 1024) break;
    CHECK(got <= static_cast<size_t>(i + 1) * 65'535);
    Bytes step;
    append_be32(step, 65'535);
    frames = fixture.send(frame(kWindowUpdate, 0, 0, step) + frame(kWindowUpdate, 0, 1, step));
  }
  CHECK(got == 64 * 16 * 1024);
  CHECK(fixture.alive == 0);
}

Task<void> drain_then_note(HttpServer& server, bool& drained) {
  co_await server.drain();
  drained = true;
}

TEST_CASE("a goodbye is announced, takes what was on its way, and waits for what runs") {
  Fixture fixture;
  fixture.request(1, "/hang");
  bool drained = false;
  Scope scope(fixture.loop);
  scope.spawn(drain_then_note(*fixture.server, drained));
  auto frames = fixture.send("");
  REQUIRE(find(frames, kGoAway) != nullptr);
  CHECK(load_be32(find(frames, kGoAway)->payload.data()) == 0x7FFFFFFF);
  REQUIRE(find(frames, kPing) != nullptr);
  CHECK(find(fixture.request(3, "/abc"), kData) != nullptr);
  frames = fixture.send(frame(kPing, kAck, 0, find(frames, kPing)->payload));
  REQUIRE(find(frames, kGoAway) != nullptr);
  CHECK(load_be32(find(frames, kGoAway)->payload.data()) == 3);
  CHECK(find(fixture.request(5, "/abc"), kData) == nullptr);
  fixture.loop.advance(seconds(10));
  CHECK(!drained);
  Bytes cancel;
  append_be32(cancel, 8);
  fixture.send(frame(kReset, 0, 1, cancel));
  CHECK(fixture.client->is_closed());
  fixture.client->hang_up();
  fixture.loop.settle();
  CHECK(drained);
}

TEST_CASE("a server that goes away does not wait for ever for a client that is silent") {
  Fixture fixture;
  bool drained = false;
  Scope scope(fixture.loop);
  scope.spawn(drain_then_note(*fixture.server, drained));
  fixture.loop.advance(seconds(3));
  CHECK(drained);
}

TEST_CASE("destroying the server while requests run destroys their handlers") {
  Fixture fixture;
  for (uint32_t stream = 1; stream < 20; stream += 2) fixture.request(stream, "/hang");
  CHECK(fixture.alive == 10);
  fixture.server.reset();
  CHECK(fixture.alive == 0);
}

}  // namespace
}  // namespace argosy
