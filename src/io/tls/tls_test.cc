#include "io/tls/tls.h"

#include <doctest/doctest.h>

#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "io/tls/test_certificates.h"

namespace argosy {
namespace {

// Says back what it hears, in capitals.
class Shouter final : private Stream::Reader {
 public:
  explicit Shouter(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {
    stream_->start(*this);
  }
  const TlsPeer& peer() const { return *stream_->tls(); }
  bool has_ended() const { return ended_; }

 private:
  void on_bytes(BytesView bytes) override {
    Bytes loud(bytes);
    for (char& c : loud) c = static_cast<char>(std::toupper(c));
    stream_->write(loud);
  }
  void on_end(std::optional<Error>) override {
    CHECK(!ended_);
    ended_ = true;
    stream_->finish();
  }

  bool ended_ = false;
  std::unique_ptr<Stream> stream_;
};

class Hearer final : public Stream::Reader {
 public:
  explicit Hearer(Loop& loop) : changed_(loop) {}
  void on_bytes(BytesView bytes) override {
    heard += bytes;
    changed_.notify_all();
  }
  void on_end(std::optional<Error> error) override {
    CHECK(!ended);
    ended = true;
    if (error) why = error->message();
    changed_.notify_all();
  }
  Task<void> hear(size_t size) {
    while (heard.size() < size && !ended) co_await changed_.wait();
  }

  Bytes heard;
  bool ended = false;
  std::string why;

 private:
  Wakeup changed_;
};

struct Bench {
  UvLoop loop;
  std::unique_ptr<TlsContext> server;
  std::unique_ptr<TlsContext> client;
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Shouter>> shouters;
  std::string server_error;
  Scope scope{loop};

  Bench(TlsOptions server_options, TlsOptions client_options) {
    auto made_server = TlsContext::make(true, std::move(server_options));
    REQUIRE(made_server.has_value());
    server = *std::move(made_server);
    auto made_client = TlsContext::make(false, std::move(client_options));
    REQUIRE(made_client.has_value());
    client = *std::move(made_client);
    listener = *loop.network().listen(
        {"127.0.0.1", 0, {}}, [this](auto stream) { scope.spawn(accept(std::move(stream))); });
  }

  // What came back for `text`, or what failed.
  std::string say(std::string text, std::string name = "localhost") {
    std::optional<Result<Bytes>> outcome;
    scope.spawn(finish(talk(std::move(text), std::move(name)), outcome));
    if (!outcome) loop.run();
    return *outcome ? **outcome : outcome->error().message();
  }

 private:
  Task<void> accept(std::unique_ptr<Stream> stream) {
    auto secured = co_await result(server->handshake(loop, std::move(stream), ""));
    if (!secured) {
      server_error = secured.error().message();
      co_return;
    }
    shouters.push_back(std::make_unique<Shouter>(*std::move(secured)));
  }
  Task<Bytes> talk(std::string text, std::string name) {
    auto raw = co_await loop.network().connect({"127.0.0.1", listener->port(), {}});
    auto stream = co_await client->handshake(loop, std::move(raw), name);
    Hearer heard(loop);
    stream->start(heard);
    stream->write(text);
    co_await heard.hear(text.size());
    if (heard.ended && heard.heard.empty()) co_return "closed: " + heard.why;
    stream->finish();
    co_await heard.hear(~size_t{0});
    co_return heard.heard;
  }
  Task<void> finish(Task<Bytes> task, std::optional<Result<Bytes>>& outcome) {
    outcome = co_await result(std::move(task));
    loop.stop();
  }
};

struct Files : TestCertificates {
  Files() { make("server", "DNS:localhost,DNS:*.example.org,IP:127.0.0.1"); }

  TlsOptions server(std::string_view name = "server") const {
    return {.cert_file = certificate(name), .key_file = key(name), .verify_peer = false};
  }
  TlsOptions client(std::string_view authority = "ca") const {
    return {.ca_file = certificate(authority)};
  }
};

TEST_CASE("a client speaks to a server that it can verify, by name and by address") {
  const Files files;
  Bench bench(files.server(), files.client());
  CHECK(bench.say("hello") == "HELLO");
  CHECK(bench.say("hello", "127.0.0.1") == "HELLO");
  CHECK(bench.say("hello", "a.example.org") == "HELLO");
  const std::string large(3'000'000, 'x');
  CHECK(bench.say(large) == std::string(3'000'000, 'X'));
  CHECK(bench.shouters.back()->has_ended());
}

TEST_CASE("a wrong name, a wrong authority and an expired certificate are refused") {
  Files files;
  files.make_authority("other");
  files.make("old", "DNS:localhost", -1);
  {
    Bench bench(files.server(), files.client());
    CHECK(bench.say("x", "example.com") == "tls: failed to verify certificate: hostname mismatch");
    CHECK(bench.say("x", "127.0.0.2") == "tls: failed to verify certificate: IP address mismatch");
    // The common name "server" is no name to verify.
    CHECK(bench.say("x", "server") == "tls: failed to verify certificate: hostname mismatch");
  }
  {
    Bench bench(files.server(), files.client("other"));
    CHECK(bench.say("x").starts_with("tls: failed to verify certificate: "));
  }
  {
    Bench bench(files.server("old"), files.client());
    CHECK(bench.say("x") == "tls: failed to verify certificate: certificate has expired");
  }
  TlsOptions careless = files.client("other");
  careless.verify_peer = false;
  Bench bench(files.server("old"), careless);
  CHECK(bench.say("x", "anything") == "X");
}

TEST_CASE("a server that wants certificates of its clients, and which") {
  Files files;
  files.make("alice", "DNS:alice.example.org");
  files.make("bob", "DNS:bob.example.org,IP:10.0.0.1");
  files.make_authority("other");
  files.make("mallory", "DNS:alice.example.org", 10, "other");
  TlsOptions options = files.server();
  options.ca_file = files.certificate("ca");
  options.verify_peer = true;
  const auto as = [&](std::string_view name) {
    TlsOptions client = files.client();
    if (name.empty()) return client;
    client.cert_file = files.certificate(name);
    client.key_file = files.key(name);
    return client;
  };
  {
    Bench bench(options, as("alice"));
    CHECK(bench.say("x") == "X");
    CHECK(bench.shouters.back()->peer().common_name == "alice");
    CHECK(bench.shouters.back()->peer().dns_names == std::vector<std::string>{"alice.example.org"});
  }
  for (const std::string_view nobody : {"", "mallory"}) {
    Bench bench(options, as(nobody));
    CHECK(bench.say("x") != "X");
    CHECK(bench.shouters.empty());
    CHECK(!bench.server_error.empty());
  }
  for (const bool by_name : {true, false}) {
    TlsOptions picky = options;
    (by_name ? picky.allowed_cns : picky.allowed_hostnames) = {by_name ? "bob" : "10.0.0.1"};
    Bench bob(picky, as("bob"));
    CHECK(bob.say("x") == "X");
    Bench alice(picky, as("alice"));
    CHECK(alice.say("x") != "X");
    CHECK(alice.server_error == "client certificate authentication failed");
  }
}

TEST_CASE("ALPN picks the server's favourite of what the client offers") {
  const Files files;
  const auto chosen = [&](std::vector<std::string> wanted, std::vector<std::string> offered) {
    TlsOptions server = files.server();
    server.alpn = std::move(wanted);
    TlsOptions client = files.client();
    client.alpn = std::move(offered);
    Bench bench(std::move(server), std::move(client));
    CHECK(bench.say("x") == "X");
    return bench.shouters.back()->peer().alpn;
  };
  CHECK(chosen({"h2", "http/1.1"}, {"http/1.1", "h2"}) == "h2");
  CHECK(chosen({"h2", "http/1.1"}, {"http/1.1"}) == "http/1.1");
  CHECK(chosen({"h2"}, {"spdy"}).empty());
  CHECK(chosen({}, {"h2"}).empty());
}

TEST_CASE("versions and cipher suites") {
  const Files files;
  for (const char* version : {"TLS1.2", "TLS1.3"}) {
    TlsOptions client = files.client();
    client.min_version = client.max_version = version;
    Bench bench(files.server(), client);
    CHECK(bench.say("x") == "X");
  }
  TlsOptions modern = files.server();
  modern.min_version = "TLS1.3";
  TlsOptions old = files.client();
  old.max_version = "TLS1.2";
  CHECK(Bench(modern, old).say("x").starts_with("tls: "));
  TlsOptions narrow = files.server();
  narrow.max_version = "TLS1.2";
  narrow.cipher_suites = {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"};
  CHECK(Bench(narrow, files.client()).say("x") == "X");
  narrow.cipher_suites = {"TLS_NOTHING"};
  CHECK(TlsContext::make(true, narrow).error().message() ==
        "unexpected TLS cipher suite \"TLS_NOTHING\"");
  narrow.min_version = "TLS7";
  CHECK(!TlsContext::make(true, narrow).has_value());
}

TEST_CASE("renewed files are used by the next handshake, half of them by none") {
  Files files;
  Bench bench(files.server(), files.client());
  CHECK(bench.say("x") == "X");
  CHECK(bench.say("x", "renewed") != "X");
  // A new key whose certificate is still the old one: the old pair goes on.
  std::filesystem::copy_file(files.key("server"), files.path("kept"));
  files.make("fresh", "DNS:renewed");
  std::filesystem::rename(files.key("fresh"), files.key("server"));
  CHECK(bench.say("x") == "X");
  std::filesystem::rename(files.certificate("fresh"), files.certificate("server"));
  CHECK(bench.say("x", "renewed") == "X");
  CHECK(bench.say("x") != "X");
}

TEST_CASE("files that are missing or do not belong together are named") {
  Files files;
  TlsOptions options = files.server();
  options.cert_file = files.path("none");
  CHECK(TlsContext::make(true, options).error().message().find("none") != std::string::npos);
  files.make("another", "DNS:x");
  options = files.server();
  options.key_file = files.key("another");
  CHECK(TlsContext::make(true, options).error().message().find("another") != std::string::npos);
  CHECK(!TlsContext::make(true, {}).has_value());
}

TEST_CASE("bytes that are no handshake end it") {
  const Files files;
  Bench bench(files.server(), files.client());
  struct Raw {
    static Task<Bytes> send(Bench& bench, Bytes bytes) {
      auto stream =
          co_await bench.loop.network().connect({"127.0.0.1", bench.listener->port(), {}});
      Hearer heard(bench.loop);
      stream->start(heard);
      stream->write(bytes);
      stream->finish();
      co_await heard.hear(~size_t{0});
      bench.loop.stop();
      co_return "";
    }
    static Task<void> run(Bench& bench, Bytes bytes) {
      co_await result(send(bench, std::move(bytes)));
    }
  };
  for (const char* bytes : {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x00\x05hello", ""}) {
    bench.server_error.clear();
    bench.scope.spawn(Raw::run(bench, bytes));
    bench.loop.run();
    CHECK(!bench.server_error.empty());
  }
  CHECK(bench.say("x") == "X");
}

}  // namespace
}  // namespace argosy
