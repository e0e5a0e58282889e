#include "io/http/server.h"

#include "io/http/h1_connection.h"
#include "io/http/h2_exchange.h"

namespace argosy {
namespace {

constexpr BytesView kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

}  // namespace

// A stream whose protocol is not known yet, and then the session for it.
class HttpServer::Connection final : private Stream::Reader {
 public:
  Connection(HttpServer& server, std::unique_ptr<Stream> stream)
      : server_(server),
        stream_(std::move(stream)),
        timeout_(server.loop_, [this] { close_soon(); }) {}

  // `place` is its own in the server's list.
  void start(Place place) {
    place_ = place;
    const TlsPeer* tls = stream_->tls();
    if (tls != nullptr && tls->alpn == "h2") return start_h2({});
    if (tls != nullptr && tls->alpn == "http/1.1") return start_h1({});
    timeout_.arm_after(server_.options_.head_timeout);
    stream_->start(*this);
  }

  void go_away() {
    if (h2_) {
      h2_->go_away();
    } else if (h1_) {
      h1_->close_when_idle();
    } else {
      close_soon();
    }
  }

 private:
  void on_bytes(BytesView bytes) override {
    first_ += bytes;
    const size_t known = std::min(first_.size(), kPreface.size());
    if (BytesView(first_).substr(0, known) != kPreface.substr(0, known)) {
      start_h1(std::exchange(first_, {}));
    } else if (known == kPreface.size()) {
      start_h2(std::exchange(first_, {}));
    }
  }
  void on_end(std::optional<Error>) override { close_soon(); }

  void start_h1(Bytes first) {
    timeout_.disarm();
    h1_ =
        std::make_unique<H1Connection>(server_.loop_, std::move(stream_), server_.options_.handler,
                                       server_.options_.head_timeout, [this] { close_soon(); });
    h1_->start(first);
  }

  void start_h2(Bytes first) {
    timeout_.disarm();
    h2_ = std::make_unique<H2Session>(
        server_.loop_, std::move(stream_), server_.options_.h2,
        [this](H2Stream& stream) { return accept(stream); },
        [this](const std::optional<Error>&) { close_soon(); });
    h2_->start(first);
  }

  std::unique_ptr<H2Stream::Handler> accept(H2Stream& stream) {
    if (server_.options_.take_h2) {
      if (auto handler = server_.options_.take_h2(stream)) return handler;
    }
    return make_h2_exchange(server_.loop_, stream, server_.options_.handler);
  }

  // Not while one of our parts is on the stack.
  void close_soon() {
    if (std::exchange(closing_, true)) return;
    server_.loop_.schedule(remove_);
  }
  class Remove final : public Runnable {
   public:
    explicit Remove(Connection& connection) : connection_(connection) {}
    void run() override { connection_.server_.remove(connection_.place_); }

   private:
    Connection& connection_;
  };

  HttpServer& server_;
  Place place_;
  std::unique_ptr<Stream> stream_;
  Bytes first_;
  std::unique_ptr<H1Connection> h1_;
  std::unique_ptr<H2Session> h2_;
  Timer timeout_;
  bool closing_ = false;
  Remove remove_{*this};
};

HttpServer::HttpServer(Loop& loop, HttpServerOptions options)
    : loop_(loop), options_(std::move(options)), empty_(loop) {}

HttpServer::~HttpServer() = default;

void HttpServer::serve(std::unique_ptr<Stream> stream) {
  if (draining_) return;
  connections_.push_back(std::make_unique<Connection>(*this, std::move(stream)));
  connections_.back()->start(std::prev(connections_.end()));
}

void HttpServer::remove(Place place) {
  connections_.erase(place);
  if (connections_.empty()) empty_.notify_all();
}

Task<void> HttpServer::drain() {
  draining_ = true;
  for (auto& connection : connections_) connection->go_away();
  while (!connections_.empty()) co_await empty_.wait();
}

}  // namespace argosy
