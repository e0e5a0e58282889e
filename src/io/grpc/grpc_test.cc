// Server and channel against each other on loopback.
#include <doctest/doctest.h>

#include "io/grpc/channel.h"
#include "io/grpc/server.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"

namespace argosy::grpc {
namespace {

Task<Bytes> echo(const CallInfo& info, BytesView request) {
  if (request == "fail") co_return fail(Code::kNotFound, "no \"such\" thing\n\xC3\xA9 100%");
  if (request == "metadata") co_return Bytes(info.metadata.value_of("token"));
  co_return Bytes(request);
}

Task<Bytes> hang(Loop& loop, int& alive) {
  struct Alive {
    int& count;
    explicit Alive(int& c) : count(c) { ++count; }
    ~Alive() { --count; }
  };
  const Alive counted(alive);
  co_await sleep_for(loop, seconds(60));
  co_return Bytes("late");
}

Task<void> double_each(ServerStream& stream) {
  while (std::optional<Bytes> message = co_await stream.read()) {
    if (*message == "stop") co_await failure(Code::kAborted, "stopped");
    stream.write(*message);
    stream.write(*message);
    co_await stream.writable();
  }
}

struct Bench {
  UvLoop loop;
  int alive = 0;
  Server server{loop, Limits{.max_receive = 1 << 20}};
  HttpServer http{loop, HttpServerOptions{
                            .h2 = {},
                            .handler = {},
                            .take_h2 = [this](H2Stream& s) { return server.accept(s); },
                        }};
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Channel> channel;
  SeededRandom random{1};

  Bench() {
    server.add_unary("/test.Echo/Echo", echo);
    server.add_unary("/test.Echo/Hang",
                     [this](const CallInfo&, BytesView) { return hang(loop, alive); });
    server.add_stream("/test.Echo/Double", CallKind::kBidiStream, double_each);
    auto listening = loop.network().listen({"127.0.0.1", 0, {}},
                                           [this](auto stream) { http.serve(std::move(stream)); });
    REQUIRE(listening.has_value());
    listener = *std::move(listening);
    ChannelOptions options;
    options.targets = {{{"127.0.0.1", listener->port(), {}}, ""}};
    channel = std::make_unique<Channel>(loop, loop.network(), random, options);
  }

  template <typename T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    Scope scope(loop);
    scope.spawn(finish(loop, std::move(task), outcome));
    if (!outcome) loop.run();
    return *std::move(outcome);
  }
  template <typename T>
  static Task<void> finish(UvLoop& loop, Task<T> task, std::optional<Result<T>>& outcome) {
    outcome = co_await result(std::move(task));
    loop.stop();
  }
};

TEST_CASE("a unary call carries messages, metadata and errors") {
  Bench bench;
  CHECK(bench.run(bench.channel->unary("/test.Echo/Echo", "hello")).value() == "hello");
  CHECK(bench.run(bench.channel->unary("/test.Echo/Echo", "")).value().empty());
  CallOptions options;
  options.metadata.add("token", "abc");
  CHECK(bench.run(bench.channel->unary("/test.Echo/Echo", "metadata", options)).value() == "abc");
  const auto failed = bench.run(bench.channel->unary("/test.Echo/Echo", "fail"));
  REQUIRE(!failed.has_value());
  CHECK(failed.error().code() == Code::kNotFound);
  CHECK(failed.error().message() == "no \"such\" thing\n\xC3\xA9 100%");
}

TEST_CASE("unknown services and methods are unimplemented, in grpc-go's words") {
  Bench bench;
  const auto method = bench.run(bench.channel->unary("/test.Echo/Nothing", ""));
  CHECK(method.error().code() == Code::kUnimplemented);
  CHECK(method.error().message() == "unknown method Nothing for service test.Echo");
  const auto service = bench.run(bench.channel->unary("/test.None/Nothing", ""));
  CHECK(service.error().message() == "unknown service test.None");
}

TEST_CASE("messages as large as allowed pass, larger ones are refused") {
  Bench bench;
  const Bytes large(1 << 20, 'x');
  CHECK(bench.run(bench.channel->unary("/test.Echo/Echo", large)).value() == large);
  const auto refused = bench.run(bench.channel->unary("/test.Echo/Echo", large + "x"));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kResourceExhausted);
  CHECK(refused.error().message() ==
        "grpc: received message larger than max (1048577 vs. 1048576)");
}

TEST_CASE("a deadline ends the call on both sides") {
  Bench bench;
  CallOptions options;
  options.deadline = bench.loop.now() + milliseconds(100);
  const auto late = bench.run(bench.channel->unary("/test.Echo/Hang", "", options));
  REQUIRE(!late.has_value());
  CHECK(late.error().code() == Code::kDeadlineExceeded);
  CHECK(bench.run(bench.channel->unary("/test.Echo/Echo", "after")).value() == "after");
  CHECK(bench.alive == 0);
}

Task<std::vector<Bytes>> exchange(Channel& channel, std::vector<Bytes> messages) {
  auto stream = co_await channel.open("/test.Echo/Double");
  for (const Bytes& message : messages) stream->write(message);
  stream->finish_writing();
  std::vector<Bytes> got;
  while (std::optional<Bytes> message = co_await stream->read()) got.push_back(*message);
  co_return std::move(got);
}

TEST_CASE("a bidirectional stream keeps order and reports its error") {
  Bench bench;
  std::vector<Bytes> messages;
  for (int i = 0; i < 2000; ++i) messages.push_back(Bytes(static_cast<size_t>(i), 'a'));
  const auto got = bench.run(exchange(*bench.channel, messages));
  REQUIRE(got.has_value());
  REQUIRE(got->size() == 4000);
  for (size_t i = 0; i < 4000; ++i) CHECK((*got)[i].size() == i / 2);
  const auto stopped = bench.run(exchange(*bench.channel, {"a", "stop", "b"}));
  REQUIRE(!stopped.has_value());
  CHECK(stopped.error().code() == Code::kAborted);
}

Task<Bytes> drop_then_echo(Channel& channel, Loop& loop) {
  {
    auto stream = co_await channel.open("/test.Echo/Hang");
    stream->write("");
    stream->finish_writing();
    co_await sleep_for(loop, milliseconds(50));
  }
  co_return co_await channel.unary("/test.Echo/Echo", "still here");
}

TEST_CASE("a call that the client drops is destroyed on the server") {
  Bench bench;
  CHECK(bench.run(drop_then_echo(*bench.channel, bench.loop)).value() == "still here");
  CHECK(bench.alive == 0);
}

Task<Bytes> retry(Channel& channel, Loop& loop) {
  while (true) {
    auto answer = co_await result(channel.unary("/test.Echo/Echo", "back"));
    if (answer) co_return *std::move(answer);
    co_await sleep_for(loop, milliseconds(5));
  }
}

TEST_CASE("a channel without a server says so and comes back when there is one") {
  Bench bench;
  const uint16_t port = bench.listener->port();
  bench.listener.reset();
  ChannelOptions options;
  options.targets = {{{"127.0.0.1", port, {}}, ""}};
  options.backoff_first = milliseconds(1);
  Channel channel(bench.loop, bench.loop.network(), bench.random, options);
  const auto refused = bench.run(channel.unary("/test.Echo/Echo", ""));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kUnavailable);
  bench.listener = *bench.loop.network().listen(
      {"127.0.0.1", port, {}}, [&](auto stream) { bench.http.serve(std::move(stream)); });
  CHECK(bench.run(retry(channel, bench.loop)).value() == "back");
}

TEST_CASE("compressed requests are read, unknown compression is refused") {
  MessageReader reader(100);
  Bytes framed;
  framed += '\1';
  append_be32(framed, 3);
  framed += "abc";
  reader.feed(framed);
  CHECK(reader.next().error().code() == Code::kInternal);
  MessageReader unknown(100);
  unknown.set_encoding("snappy");
  unknown.feed(framed);
  CHECK(unknown.next().error().code() == Code::kUnimplemented);
}

TEST_CASE("timeouts and percent-encoding") {
  CHECK(parse_timeout_nanoseconds("1S").value() == 1'000'000'000);
  CHECK(parse_timeout_nanoseconds("99999999H").value() == INT64_MAX);
  CHECK(!parse_timeout_nanoseconds("123456789S"));
  CHECK(!parse_timeout_nanoseconds("S"));
  CHECK(!parse_timeout_nanoseconds("5x"));
  CHECK(timeout_text(5'000'000'000) == "5000000u");
  CHECK(timeout_text(INT64_MAX) == "2562048H");
  CHECK(percent_decode(percent_encode("a%b\n\xC3\xA9")) == "a%b\n\xC3\xA9");
}

}  // namespace
}  // namespace argosy::grpc
