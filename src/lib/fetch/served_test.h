// A server for tests that answers whatever it is told to, also in TLS.
#pragma once

#include <doctest/doctest.h>
#include <functional>
#include <list>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "io/tls/tls.h"
#include "lib/fetch/fetch.h"

namespace argosy::fetch {

// Answers each connection with bytes that a test makes up, one piece at a time.
class Peer final : public Stream::Reader {
 public:
  using Answer = std::function<Bytes(const Bytes& request)>;

  Peer(Loop& loop, std::unique_ptr<Stream> stream, const Answer& answer, Duration between,
       bool closes)
      : stream_(std::move(stream)),
        answer_(answer),
        between_(between),
        closes_(closes),
        timer_(loop, [this] { drip(); }) {
    stream_->start(*this);
  }

  void on_bytes(BytesView bytes) override {
    request_ += bytes;
    if (!request_.contains("\r\n\r\n")) return;
    left_ = answer_(std::exchange(request_, ""));
    drip();
  }
  void on_end(std::optional<Error>) override { timer_.disarm(); }

 private:
  void drip() {
    const size_t some = between_ == Duration(0) ? left_.size() : 1;
    stream_->write(BytesView(left_).substr(0, some));
    left_.erase(0, some);
    if (!left_.empty()) {
      timer_.arm_after(between_);
    } else if (closes_) {
      stream_->finish();
    }
  }

  std::unique_ptr<Stream> stream_;
  Answer answer_;
  Duration between_;
  bool closes_;
  Timer timer_;
  Bytes request_;
  Bytes left_;
};

struct Served {
  UvLoop loop;
  std::list<Peer> peers;
  std::vector<Bytes> requests;
  std::vector<Bytes> answers;  // in order; the last one again and again
  Duration between{};
  bool closes = true;
  std::unique_ptr<TlsContext> tls;
  std::unique_ptr<Listener> listener;
  Scope handshakes{loop};

  Served() {
    auto made = loop.network().listen({.host = "127.0.0.1", .port = 0, .unix_path = {}},
                                      [this](std::unique_ptr<Stream> stream) {
                                        if (tls == nullptr) return serve(std::move(stream));
                                        handshakes.spawn(serve_in_tls(this, std::move(stream)));
                                      });
    REQUIRE(made);
    listener = *std::move(made);
  }
  void serve(std::unique_ptr<Stream> stream) {
    peers.emplace_back(
        loop, std::move(stream), [this](const Bytes& request) { return next(request); }, between,
        closes);
  }
  static Task<void> serve_in_tls(Served* served, std::unique_ptr<Stream> stream) {
    auto secured = co_await result(served->tls->handshake(served->loop, std::move(stream), ""));
    if (secured) served->serve(*std::move(secured));
  }
  Bytes next(const Bytes& request) {
    requests.push_back(request);
    return answers[std::min(requests.size(), answers.size()) - 1];
  }
  Request request(std::string_view path = "/") {
    Request request;
    request.url =
        format("{}://127.0.0.1:{}{}", tls == nullptr ? "http" : "https", listener->port(), path);
    request.limits.retry_delay = milliseconds(1);
    return request;
  }

  struct Got {
    Result<Response> response = fail(Code::kUnknown, "no end");
    Failure failure = Failure::kNone;
  };
  Got get(Request request) {
    Got got;
    Scope scope(loop);
    // In a turn: a stop() before run() would be forgotten.
    loop.post([&] { scope.spawn(run(this, std::move(request), &got)); });
    loop.run();
    return got;
  }
  static Task<void> run(Served* served, Request request, Got* got) {
    got->response = co_await result(fetch(served->loop, std::move(request), &got->failure));
    served->loop.stop();
  }
};

inline Bytes answer(std::string_view head, BytesView body) {
  return format("HTTP/1.1 {}\r\n\r\n{}", head, body);
}

}  // namespace argosy::fetch
