// Our channel against servers of Debian's grpc++, with raw messages so that no .proto is
// needed, and over several endpoints.
#include <doctest/doctest.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/grpcpp.h>
#include <thread>

#include "base/text.h"
#include "io/grpc/channel.h"
#include "io/loop/uv_loop.h"

namespace argosy::grpc {
namespace {

// Debian's libgrpc is not built for the thread sanitizer, which so sees races in it.
#if __has_feature(thread_sanitizer)
constexpr bool kSkipped = true;
#else
constexpr bool kSkipped = false;
#endif
TEST_SUITE_BEGIN("grpc++" * doctest::skip(kSkipped));

std::string to_text(const ::grpc::ByteBuffer& buffer) {
  std::vector<::grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string text;
  for (const auto& slice : slices) text.append(slice.begin(), slice.end());
  return text;
}

::grpc::ByteBuffer to_buffer(const std::string& text) {
  const ::grpc::Slice slice(text);
  return {&slice, 1};
}

// One call on the peer. What it does depends on the path's last part.
class Reactor final : public ::grpc::ServerGenericBidiReactor {
 public:
  Reactor(::grpc::GenericCallbackServerContext& context, std::atomic<int>& cancelled)
      : context_(context), cancelled_(cancelled), path_(context.method()) {
    StartRead(&incoming_);
  }
  void OnReadDone(bool ok) override {
    if (!ok) return end();
    const std::string text = to_text(incoming_);
    if (path_ == "/t/Hang") return;
    if (path_ == "/t/Count") {
      ++count_;
      return StartRead(&incoming_);
    }
    if (path_ == "/t/Repeat") repeats_ = std::stoi(text) - 1;
    outgoing_ = to_buffer(path_ == "/t/Metadata" ? metadata() : text);
    StartWrite(&outgoing_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return finish(::grpc::Status::CANCELLED);
    if (path_ == "/t/Count") return finish(::grpc::Status::OK);
    if (repeats_-- > 0) return StartWrite(&outgoing_);
    StartRead(&incoming_);
  }
  void OnCancel() override {
    ++cancelled_;
    finish(::grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void end() {
    if (path_ == "/t/Fail") {
      return finish({::grpc::StatusCode::NOT_FOUND, "none of \xC3\xA9\n100%"});
    }
    if (path_ == "/t/Hang") return;
    if (path_ != "/t/Count") return finish(::grpc::Status::OK);
    outgoing_ = to_buffer(std::to_string(count_));
    StartWrite(&outgoing_);
  }
  void finish(const ::grpc::Status& status) {
    if (!finished_.exchange(true)) Finish(status);
  }
  std::string metadata() const {
    const auto& all = context_.client_metadata();
    const auto value = [&](const char* name) {
      const auto found = all.find(name);
      return found == all.end() ? std::string("-")
                                : std::string(found->second.data(), found->second.size());
    };
    const bool deadline =
        context_.deadline() < std::chrono::system_clock::now() + std::chrono::hours(1);
    return value("token") + "|" + value("raw-bin") + "|" + (deadline ? "deadline" : "none");
  }

  ::grpc::GenericCallbackServerContext& context_;
  std::atomic<int>& cancelled_;
  std::string path_;
  std::atomic<bool> finished_{false};
  int count_ = 0;
  int repeats_ = 0;
  ::grpc::ByteBuffer incoming_;
  ::grpc::ByteBuffer outgoing_;
};

class Peer final : private ::grpc::CallbackGenericService {
 public:
  explicit Peer(int port = 0) {
    ::grpc::ServerBuilder builder;
    builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
    builder.SetMaxReceiveMessageSize(8 << 20);
    builder.AddListeningPort("127.0.0.1:" + std::to_string(port),
                             ::grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~Peer() override { shut_down(std::chrono::milliseconds(0)); }

  uint16_t port() const { return static_cast<uint16_t>(port_); }
  int calls() const { return calls_; }
  int cancelled() const { return cancelled_; }
  void shut_down(std::chrono::milliseconds grace) {
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    server_->Wait();
  }

 private:
  ::grpc::ServerGenericBidiReactor* CreateReactor(
      ::grpc::GenericCallbackServerContext* context) override {
    ++calls_;
    return new Reactor(*context, cancelled_);
  }

  int port_ = 0;
  std::atomic<int> calls_{0};
  std::atomic<int> cancelled_{0};
  std::unique_ptr<::grpc::Server> server_;
};

struct Caller {
  UvLoop loop;
  SeededRandom random{1};
  std::unique_ptr<Channel> channel;

  explicit Caller(const std::vector<uint16_t>& ports, ChannelOptions options = {}) {
    for (const uint16_t port : ports) {
      options.targets.push_back({{"127.0.0.1", port, {}}, ""});
    }
    options.backoff_first = milliseconds(10);
    options.backoff_last = milliseconds(50);
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
  Result<Bytes> echo(Bytes text) { return run(channel->unary("/t/Echo", std::move(text))); }
  void wait(Duration time) { REQUIRE(run(pause(loop, time)).has_value()); }

 private:
  static Task<int> pause(Loop& loop, Duration time) {
    co_await sleep_for(loop, time);
    co_return 0;
  }
  template <typename T>
  static Task<void> finish(UvLoop& loop, Task<T> task, std::optional<Result<T>>& outcome) {
    outcome = co_await result(std::move(task));
    loop.stop();
  }
};

Task<std::vector<Bytes>> exchange(Channel& channel, std::string path, std::vector<Bytes> requests) {
  auto stream = co_await channel.open(std::move(path));
  for (const Bytes& request : requests) {
    stream->write(request);
    co_await stream->writable();
  }
  stream->finish_writing();
  std::vector<Bytes> answers;
  while (std::optional<Bytes> answer = co_await stream->read()) {
    answers.push_back(*std::move(answer));
  }
  co_return std::move(answers);
}

TEST_CASE("the channel calls grpc++'s unary, client, server and bidirectional methods") {
  Peer peer;
  Caller caller({peer.port()});
  CHECK(caller.echo("hello").value() == "hello");
  CHECK(caller.echo("").value().empty());
  std::vector<Bytes> many;
  for (size_t i = 0; i < 500; ++i) many.emplace_back(i * 11, 'm');
  CHECK(caller.run(exchange(*caller.channel, "/t/Echo", many)).value() == many);
  CHECK(caller.run(exchange(*caller.channel, "/t/Count", many)).value() ==
        std::vector<Bytes>{"500"});
  CHECK(caller.run(exchange(*caller.channel, "/t/Repeat", {"300"})).value() ==
        std::vector<Bytes>(300, "300"));
  const Bytes large(8 << 20, 'x');
  CHECK(caller.echo(large).value() == large);
}

TEST_CASE("the channel reads grpc++'s errors") {
  Peer peer;
  Caller caller({peer.port()});
  const auto failed = caller.run(caller.channel->unary("/t/Fail", "x"));
  REQUIRE(!failed.has_value());
  CHECK(failed.error().code() == Code::kNotFound);
  CHECK(failed.error().message() == "none of \xC3\xA9\n100%");
  const auto large = caller.echo(Bytes((8 << 20) + 1, 'x'));
  REQUIRE(!large.has_value());
  CHECK(large.error().code() == Code::kResourceExhausted);
  Caller strict({peer.port()}, {.max_receive = 1000});
  CHECK(strict.echo(Bytes(1000, 'x')).has_value());
  const auto refused = strict.echo(Bytes(1001, 'x'));
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kResourceExhausted);
  CHECK(strict.echo("after").value() == "after");
}

TEST_CASE("grpc++ receives metadata and deadlines") {
  Peer peer;
  Caller caller({peer.port()});
  const Bytes raw("\0\xFF\n\x80,=", 6);
  CallOptions options;
  options.metadata.add("token", "a token");
  options.metadata.add("raw-bin", raw);
  CHECK(caller.run(caller.channel->unary("/t/Metadata", "x", options)).value() ==
        "a token|" + raw + "|none");
  options.deadline = caller.loop.now() + seconds(60);
  CHECK(caller.run(caller.channel->unary("/t/Metadata", "x", options)).value() ==
        "a token|" + raw + "|deadline");
}

Task<Bytes> open_and_wait(Channel& channel, MonotonicTime deadline) {
  CallOptions options;
  options.deadline = deadline;
  auto stream = co_await channel.open("/t/Hang", std::move(options));
  stream->write("x");
  const auto answer = co_await stream->read();
  co_return answer.value_or("nothing");
}

Task<int> open_and_drop(Channel& channel, Loop& loop) {
  auto stream = co_await channel.open("/t/Hang");
  stream->write("x");
  co_await sleep_for(loop, milliseconds(100));
  co_return 0;
}

TEST_CASE("deadlines and dropped calls cancel on grpc++'s side") {
  Peer peer;
  Caller caller({peer.port()});
  CallOptions options;
  options.deadline = caller.loop.now() + milliseconds(200);
  const auto unary = caller.run(caller.channel->unary("/t/Hang", "x", options));
  REQUIRE(!unary.has_value());
  CHECK(unary.error().code() == Code::kDeadlineExceeded);
  const auto stream =
      caller.run(open_and_wait(*caller.channel, caller.loop.now() + milliseconds(200)));
  REQUIRE(!stream.has_value());
  CHECK(stream.error().code() == Code::kDeadlineExceeded);
  CHECK(caller.run(open_and_drop(*caller.channel, caller.loop)).has_value());
  for (int i = 0; i < 100 && peer.cancelled() < 3; ++i) caller.wait(milliseconds(20));
  CHECK(peer.cancelled() == 3);
  CHECK(caller.echo("after").value() == "after");
}

TEST_CASE("calls go round over the endpoints that are up, and on when one dies") {
  auto one = std::make_unique<Peer>();
  Peer two;
  Peer three;
  const uint16_t port = one->port();
  Caller caller({port, two.port(), three.port()});
  CHECK(caller.echo("first").has_value());
  caller.wait(milliseconds(100));
  const int before = one->calls() + two.calls() + three.calls();
  for (int i = 0; i < 30; ++i) CHECK(caller.echo("x").has_value());
  CHECK(one->calls() + two.calls() + three.calls() == before + 30);
  for (const int calls : {one->calls(), two.calls(), three.calls()}) CHECK(calls >= 10);
  one.reset();
  caller.wait(milliseconds(50));
  for (int i = 0; i < 30; ++i) CHECK(caller.echo("y").has_value());
  Peer again(port);
  REQUIRE(again.port() == port);
  for (int i = 0; i < 100 && again.calls() == 0; ++i) {
    CHECK(caller.echo("z").has_value());
    caller.wait(milliseconds(10));
  }
  CHECK(again.calls() > 0);
}

Task<Bytes> slow_call(Channel& channel, Loop& loop, bool& begun) {
  auto stream = co_await channel.open("/t/Echo");
  stream->write("a");
  Bytes all = (co_await stream->read()).value_or("");
  begun = true;
  co_await sleep_for(loop, milliseconds(300));
  stream->write("b");
  all += (co_await stream->read()).value_or("");
  stream->finish_writing();
  const auto end = co_await stream->read();
  co_return end ? "more" : std::move(all);
}

TEST_CASE("a call that runs outlives the server's goodbye") {
  Peer peer;
  Caller caller({peer.port()});
  bool begun = false;
  std::thread shutter([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    peer.shut_down(std::chrono::seconds(5));
  });
  CHECK(caller.run(slow_call(*caller.channel, caller.loop, begun)).value() == "ab");
  shutter.join();
  const auto after = caller.echo("x");
  REQUIRE(!after.has_value());
  CHECK(after.error().code() == Code::kUnavailable);
}

TEST_CASE("while nobody listens calls fail at once, and connecting waits longer each time") {
  uint16_t port = 0;
  {
    Peer gone;
    port = gone.port();
  }
  Caller caller({port});
  const auto refused = caller.echo("x");
  REQUIRE(!refused.has_value());
  CHECK(refused.error().code() == Code::kUnavailable);
  CHECK(refused.error().message().find("connection refused") != std::string::npos);
  Peer peer(port);
  REQUIRE(peer.port() == port);
  CHECK(!caller.echo("too soon").has_value());
  caller.wait(milliseconds(20));
  CHECK(caller.echo("now").value() == "now");
}

TEST_SUITE_END();

}  // namespace
}  // namespace argosy::grpc
