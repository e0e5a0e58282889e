// The real loop and its sockets on loopback.
#include "io/loop/uv_loop.h"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include "io/task/scope.h"

namespace argosy {
namespace {

class Recorder final : public Stream::Reader {
 public:
  explicit Recorder(Loop& loop) : changed_(loop) {}
  void on_bytes(BytesView bytes) override {
    heard += bytes;
    changed_.notify_all();
  }
  void on_end(std::optional<Error>) override {
    CHECK(!ended);
    ended = true;
    changed_.notify_all();
  }
  void on_drained() override { ++drained; }
  Task<void> end() {
    while (!ended) co_await changed_.wait();
  }

  Bytes heard;
  bool ended = false;
  int drained = 0;

 private:
  Wakeup changed_;
};

struct Bench {
  UvLoop loop;
  std::unique_ptr<Listener> listener;
  std::vector<std::unique_ptr<Stream>> accepted;
  Scope scope{loop};

  Bench() {
    listener = *loop.network().listen(
        {"127.0.0.1", 0, {}}, [this](auto stream) { accepted.push_back(std::move(stream)); });
  }
  Endpoint endpoint() const { return {"127.0.0.1", listener->port(), {}}; }
  template <typename... Args>
  void run(Task<void> (*body)(Bench&, Args...), Args... args) {
    scope.spawn(then_stop(*this, body(*this, args...)));
    loop.run();
    CHECK(scope.size() == 0);
  }

 private:
  static Task<void> then_stop(Bench& bench, Task<void> task) {
    const auto outcome = co_await result(std::move(task));
    CHECK(outcome.has_value());
    bench.loop.stop();
  }
};

TEST_CASE("bytes go both ways, and a half-closed side can still write") {
  Bench bench;
  bench.run(+[](Bench& b) -> Task<void> {
    auto stream = co_await b.loop.network().connect(b.endpoint());
    Recorder here(b.loop);
    Recorder there(b.loop);
    stream->start(here);
    stream->write("hello");
    stream->finish();
    while (b.accepted.empty()) co_await sleep_for(b.loop, milliseconds(1));
    b.accepted[0]->start(there);
    co_await there.end();
    CHECK(there.heard == "hello");
    b.accepted[0]->write("answer");
    b.accepted[0]->finish();
    co_await here.end();
    CHECK(here.heard == "answer");
  });
}

TEST_CASE("a writer hears when a reader that paused has caught up") {
  Bench bench;
  bench.run(+[](Bench& b) -> Task<void> {
    auto stream = co_await b.loop.network().connect(b.endpoint());
    Recorder here(b.loop);
    Recorder there(b.loop);
    stream->start(here);
    while (b.accepted.empty()) co_await sleep_for(b.loop, milliseconds(1));
    b.accepted[0]->start(there);
    b.accepted[0]->pause_reading(true);
    const Bytes large(32 << 20, 'x');
    stream->write(large);
    co_await sleep_for(b.loop, milliseconds(50));
    CHECK(stream->backlog() > kStreamHighMark);
    CHECK(here.drained == 0);
    b.accepted[0]->pause_reading(false);
    stream->finish();
    co_await there.end();
    CHECK(there.heard == large);
    CHECK(here.drained == 1);
  });
}

void send_late(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  std::this_thread::sleep_for(std::chrono::milliseconds(250));
  CHECK(::send(fd, "x", 1, MSG_NOSIGNAL) == 1);
  ::close(fd);
}

TEST_CASE("what arrives after a long wait sees the time of its arrival") {
  Bench bench;
  struct Clocked final : Stream::Reader {
    explicit Clocked(Loop& l) : loop(l) {}
    void on_bytes(BytesView) override { at = loop.now(); }
    void on_end(std::optional<Error>) override {}
    Loop& loop;
    MonotonicTime at{};
  };
  bench.run(+[](Bench& b) -> Task<void> {
    // A socket of another thread, so that nothing but its bytes wakes the loop.
    const std::jthread other(send_late, b.listener->port());
    while (b.accepted.empty()) co_await sleep_for(b.loop, milliseconds(1));
    Clocked there(b.loop);
    b.accepted[0]->start(there);
    const MonotonicTime before = b.loop.now();
    while (there.at == MonotonicTime{}) co_await sleep_for(b.loop, seconds(1));
    CHECK(there.at - before >= milliseconds(200));
  });
}

TEST_CASE("connecting may be given up at any moment") {
  Bench bench;
  bench.run(+[](Bench& b) -> Task<void> {
    for (int i = 0; i < 200; ++i) {
      const auto stream = co_await with_deadline(b.loop, b.loop.now() + microseconds(i * 5),
                                                 b.loop.network().connect(b.endpoint()));
      (void)stream;
    }
  });
}

TEST_CASE("a paused listener leaves connections waiting, and takes them all afterwards") {
  Bench bench;
  bench.run(+[](Bench& b) -> Task<void> {
    b.listener->pause_accepting(true);
    std::vector<std::unique_ptr<Stream>> connected;
    for (int i = 0; i < 3; ++i) {
      connected.push_back(co_await b.loop.network().connect(b.endpoint()));
    }
    co_await sleep_for(b.loop, milliseconds(20));
    CHECK(b.accepted.empty());
    b.listener->pause_accepting(false);
    while (b.accepted.size() < 3) co_await sleep_for(b.loop, milliseconds(1));
  });
}

TEST_CASE("errors name what failed, as Go's do") {
  Bench bench;
  const auto taken = bench.loop.network().listen(bench.endpoint(), [](auto) {});
  REQUIRE(!taken.has_value());
  CHECK(taken.error().message() ==
        "listen tcp " + bench.endpoint().text() + ": bind: address already in use");
  bench.run(+[](Bench& b) -> Task<void> {
    const Endpoint endpoint = b.endpoint();
    b.listener.reset();
    co_await sleep_for(b.loop, milliseconds(1));
    const auto refused = co_await result(b.loop.network().connect(endpoint));
    REQUIRE(!refused.has_value());
    CHECK(refused.error().message() ==
          "dial tcp " + endpoint.text() + ": connect: connection refused");
    const auto none = co_await result(b.loop.network().connect({"", 0, "/nowhere/at.all"}));
    CHECK(none.error().message() ==
          "dial unix /nowhere/at.all: connect: no such file or directory");
  });
}

}  // namespace
}  // namespace argosy
