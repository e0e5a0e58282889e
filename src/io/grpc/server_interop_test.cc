// Our server against Debian's grpc++ client, with raw messages so that no .proto is
// needed. The server's loop has a thread of its own.
#include <doctest/doctest.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <latch>
#include <thread>

#include "base/text.h"
#include "io/grpc/server.h"
#include "io/http/server.h"
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

struct Counted {
  std::atomic<int>& count;
  explicit Counted(std::atomic<int>& c) : count(c) { ++count; }
  ~Counted() { --count; }
};

// What the methods do depends on the request's text.
Task<Bytes> unary(Loop& loop, std::atomic<int>& alive, const CallInfo& info, BytesView request) {
  const Counted counted(alive);
  if (request == "metadata") {
    co_return Bytes(info.metadata.value_of("token")) + "|" +
        Bytes(info.metadata.value_of("raw-bin"));
  }
  if (request == "deadline") co_return Bytes(info.deadline ? "yes" : "no");
  if (request == "fail") co_return fail(Code::kFailedPrecondition, "not \"now\": \xC3\xA9 100%");
  if (request == "hang") co_await sleep_for(loop, seconds(60));
  if (request == "slow") co_await sleep_for(loop, milliseconds(300));
  if (request == "large") co_return Bytes(3'000'000, 'L');
  co_return Bytes(request);
}

Task<void> echo_stream(std::atomic<int>& alive, ServerStream& stream) {
  const Counted counted(alive);
  while (std::optional<Bytes> message = co_await stream.read()) {
    if (*message == "fail") co_await failure(Code::kAborted, "enough");
    stream.write(*message);
    co_await stream.writable();
  }
}

Task<void> count_stream(ServerStream& stream) {
  size_t bytes = 0;
  while (std::optional<Bytes> message = co_await stream.read()) bytes += message->size();
  stream.write(std::to_string(bytes));
}

Task<void> repeat_stream(ServerStream& stream) {
  const std::optional<Bytes> request = co_await stream.read();
  const uint64_t count = parse_uint(*request).value_or(0);
  for (uint64_t i = 0; i < count; ++i) {
    stream.write(Bytes(10'000, 'r'));
    co_await stream.writable();
  }
}

class ServerThread {
 public:
  explicit ServerThread(H2Options h2 = {}) : thread_([this, h2] { serve(h2); }) { ready_.wait(); }
  ~ServerThread() {
    loop_->stop();
    thread_.join();
  }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  int alive() const { return alive_; }
  // Says goodbye to all connections; nothing new is accepted.
  void drain() {
    loop_->post_from_any_thread([this] {
      listener_->reset();
      scope_->spawn(http_->drain());
    });
  }

 private:
  void serve(H2Options h2) {
    UvLoop loop;
    Server server(loop, Limits{.max_receive = 4 << 20});
    server.add_unary("/test.T/Unary", [&](const CallInfo& info, BytesView request) {
      return unary(loop, alive_, info, request);
    });
    server.add_stream("/test.T/Echo", CallKind::kBidiStream,
                      [this](ServerStream& stream) { return echo_stream(alive_, stream); });
    server.add_stream("/test.T/Count", CallKind::kClientStream, count_stream);
    server.add_stream("/test.T/Repeat", CallKind::kServerStream, repeat_stream);
    HttpServerOptions options;
    options.h2 = h2;
    options.take_h2 = [&](H2Stream& stream) { return server.accept(stream); };
    HttpServer http(loop, std::move(options));
    Scope scope(loop);
    auto listener = *loop.network().listen({"127.0.0.1", 0, {}},
                                           [&](auto stream) { http.serve(std::move(stream)); });
    loop_ = &loop;
    http_ = &http;
    scope_ = &scope;
    listener_ = &listener;
    port_ = listener->port();
    loop.post([this] { ready_.count_down(); });
    loop.run();
  }

  std::atomic<int> alive_{0};
  UvLoop* loop_ = nullptr;
  HttpServer* http_ = nullptr;
  Scope* scope_ = nullptr;
  std::unique_ptr<Listener>* listener_ = nullptr;
  uint16_t port_ = 0;
  std::latch ready_{1};
  std::thread thread_;
};

::grpc::ByteBuffer to_buffer(const std::string& text) {
  const ::grpc::Slice slice(text);
  return {&slice, 1};
}

std::string to_text(const ::grpc::ByteBuffer& buffer) {
  std::vector<::grpc::Slice> slices;
  (void)buffer.Dump(&slices);
  std::string text;
  for (const auto& slice : slices) text.append(slice.begin(), slice.end());
  return text;
}

struct Answer {
  ::grpc::Status status;
  std::vector<std::string> messages;
};

// A call step by step: each operation is waited for before the next.
class Client {
 public:
  explicit Client(const std::string& address, ::grpc::ChannelArguments arguments = {}) {
    arguments.SetMaxReceiveMessageSize(8 << 20);
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    channel_ =
        ::grpc::CreateCustomChannel(address, ::grpc::InsecureChannelCredentials(), arguments);
    stub_ = std::make_unique<::grpc::GenericStub>(channel_);
  }

  void start(const std::string& method) {
    call_ = stub_->PrepareCall(&context, "/test.T/" + method, &queue_);
    call_->StartCall(this);
    wait();
  }
  bool write(const std::string& message) {
    call_->Write(to_buffer(message), this);
    return wait();
  }
  void done_writing() {
    call_->WritesDone(this);
    wait();
  }
  std::optional<std::string> read() {
    ::grpc::ByteBuffer buffer;
    call_->Read(&buffer, this);
    if (!wait()) return std::nullopt;
    return to_text(buffer);
  }
  ::grpc::Status finish() {
    ::grpc::Status status;
    call_->Finish(&status, this);
    wait();
    return status;
  }
  Answer call(const std::string& method, const std::vector<std::string>& requests) {
    start(method);
    for (const std::string& request : requests) {
      if (!write(request)) break;
    }
    done_writing();
    Answer answer;
    while (auto message = read()) answer.messages.push_back(*std::move(message));
    answer.status = finish();
    return answer;
  }
  // Another call on the same connection.
  Client(const Client& other)
      : channel_(other.channel_), stub_(std::make_unique<::grpc::GenericStub>(channel_)) {}

  ::grpc::ClientContext context;

 private:
  bool wait() {
    void* tag = nullptr;
    bool ok = false;
    return queue_.Next(&tag, &ok) && ok;
  }

  std::shared_ptr<::grpc::Channel> channel_;
  std::unique_ptr<::grpc::GenericStub> stub_;
  ::grpc::CompletionQueue queue_;
  std::unique_ptr<::grpc::GenericClientAsyncReaderWriter> call_;
};

void wait_until(const std::function<bool()>& reached) {
  for (int i = 0; i < 500 && !reached(); ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK(reached());
}

TEST_CASE("grpc++ calls unary, client, server and bidirectional methods") {
  ServerThread server;
  const Client client(server.address());
  Answer answer = Client(client).call("Unary", {"hello"});
  CHECK(answer.status.ok());
  CHECK(answer.messages == std::vector<std::string>{"hello"});
  CHECK(Client(client).call("Unary", {""}).messages == std::vector<std::string>{""});
  CHECK(Client(client).call("Count", {"a", std::string(70'000, 'b'), ""}).messages ==
        std::vector<std::string>{"70001"});
  answer = Client(client).call("Repeat", {"500"});
  CHECK(answer.status.ok());
  CHECK(answer.messages.size() == 500);
  std::vector<std::string> many;
  for (size_t i = 0; i < 300; ++i) many.emplace_back(i * 7, 'm');
  CHECK(Client(client).call("Echo", many).messages == many);
  CHECK(Client(client).call("Count", {}).messages == std::vector<std::string>{"0"});
}

TEST_CASE("grpc++ reads statuses and their messages") {
  ServerThread server;
  const Client client(server.address());
  const Answer failed = Client(client).call("Unary", {"fail"});
  CHECK(failed.status.error_code() == ::grpc::StatusCode::FAILED_PRECONDITION);
  CHECK(failed.status.error_message() == "not \"now\": \xC3\xA9 100%");
  const Answer aborted = Client(client).call("Echo", {"a", "fail"});
  CHECK(aborted.status.error_code() == ::grpc::StatusCode::ABORTED);
  CHECK(aborted.messages == std::vector<std::string>{"a"});
  CHECK(Client(client).call("None", {""}).status.error_code() == ::grpc::StatusCode::UNIMPLEMENTED);
  CHECK(Client(client).call("Unary", {}).status.error_code() == ::grpc::StatusCode::INTERNAL);
  CHECK(Client(client).call("Unary", {"a", "b"}).status.error_code() ==
        ::grpc::StatusCode::INTERNAL);
}

TEST_CASE("grpc++'s metadata arrive, binary ones too") {
  ServerThread server;
  Client client(server.address());
  const std::string raw("\0\xFF\n\x80,=", 6);
  client.context.AddMetadata("token", "a token");
  client.context.AddMetadata("raw-bin", raw);
  const Answer answer = client.call("Unary", {"metadata"});
  REQUIRE(answer.messages.size() == 1);
  CHECK(answer.messages[0] == "a token|" + raw);
}

TEST_CASE("grpc++'s deadlines and cancellations destroy the handler") {
  ServerThread server;
  Client late(server.address());
  late.context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(200));
  CHECK(late.call("Unary", {"hang"}).status.error_code() == ::grpc::StatusCode::DEADLINE_EXCEEDED);
  wait_until([&] { return server.alive() == 0; });
  Client cancelled(server.address());
  cancelled.start("Unary");
  cancelled.write("hang");
  cancelled.done_writing();
  wait_until([&] { return server.alive() == 1; });
  cancelled.context.TryCancel();
  CHECK(cancelled.finish().error_code() == ::grpc::StatusCode::CANCELLED);
  wait_until([&] { return server.alive() == 0; });
  Client told(server.address());
  told.context.set_deadline(std::chrono::system_clock::now() + std::chrono::hours(1));
  CHECK(told.call("Unary", {"deadline"}).messages == std::vector<std::string>{"yes"});
}

TEST_CASE("large messages pass in both directions, too large ones are refused") {
  ServerThread server;
  const Client client(server.address());
  const std::string large(4 << 20, 'x');
  Answer answer = Client(client).call("Unary", {large});
  REQUIRE(answer.messages.size() == 1);
  CHECK(answer.messages[0] == large);
  answer = Client(client).call("Unary", {large + "x"});
  CHECK(answer.status.error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(answer.status.error_message() ==
        "grpc: received message larger than max (4194305 vs. 4194304)");
  answer = Client(client).call("Echo", {"a", large + "x", "b"});
  CHECK(answer.status.error_code() == ::grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(Client(client).call("Unary", {"large"}).messages[0].size() == 3'000'000);
}

TEST_CASE("gzip from grpc++ is understood") {
  ServerThread server;
  for (const char* method : {"Unary", "Echo"}) {
    Client client(server.address());
    client.context.set_compression_algorithm(GRPC_COMPRESS_GZIP);
    const std::string text(200'000, 'z');
    const Answer answer = client.call(method, {text});
    CHECK(answer.status.error_message() == "");
    REQUIRE(answer.messages.size() == 1);
    CHECK(answer.messages[0] == text);
  }
  Client client(server.address());
  client.context.set_compression_algorithm(GRPC_COMPRESS_DEFLATE);
  CHECK(client.call("Unary", {std::string(1000, 'z')}).status.error_code() ==
        ::grpc::StatusCode::UNIMPLEMENTED);
}

TEST_CASE("a goodbye lets grpc++'s running call end well") {
  ServerThread server;
  Client running(server.address());
  running.start("Unary");
  running.write("slow");
  running.done_writing();
  wait_until([&] { return server.alive() == 1; });
  server.drain();
  CHECK(running.read() == "slow");
  CHECK(running.finish().ok());
  Client next(server.address());
  CHECK(next.call("Unary", {"hello"}).status.error_code() == ::grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("grpc++ that pings too often is told to calm down") {
  ServerThread server;
  ::grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 50);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  Client client(server.address(), arguments);
  const Answer answer = client.call("Unary", {"hang"});
  CHECK(answer.status.error_code() == ::grpc::StatusCode::UNAVAILABLE);
}

TEST_CASE("grpc++ answers the server's pings") {
  H2Options options;
  options.ping_after_idle = milliseconds(50);
  options.ping_timeout = milliseconds(100);
  ServerThread server(options);
  CHECK(Client(server.address()).call("Unary", {"slow"}).messages ==
        std::vector<std::string>{"slow"});
}

TEST_CASE("many of grpc++'s calls at once") {
  ServerThread server;
  const Client first(server.address());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(first));
    clients.back()->start("Echo");
  }
  for (int round = 0; round < 5; ++round) {
    for (auto& client : clients) CHECK(client->write(std::to_string(round)));
    for (auto& client : clients) CHECK(client->read() == std::to_string(round));
  }
  CHECK(server.alive() == 200);
  for (size_t i = 0; i < clients.size(); i += 2) clients[i]->context.TryCancel();
  wait_until([&] { return server.alive() == 100; });
  for (auto& client : clients) client->done_writing();
  for (size_t i = 0; i < clients.size(); ++i) CHECK(clients[i]->finish().ok() == (i % 2 == 1));
}

TEST_SUITE_END();

}  // namespace
}  // namespace argosy::grpc
