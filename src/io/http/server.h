// Serves HTTP/1.1 and HTTP/2 on accepted streams; what the first bytes (or TLS's ALPN)
// say decides. gRPC, or whatever else wants HTTP/2 streams as they are, is asked first.
#pragma once

#include <list>

#include "io/http/exchange.h"
#include "io/http/h2_session.h"
#include "io/task/scope.h"

namespace argosy {

struct HttpServerOptions {
  H2Options h2;
  HttpHandler handler;
  // Takes an HTTP/2 request, or returns null to leave it to `handler`.
  std::function<std::unique_ptr<H2Stream::Handler>(H2Stream&)> take_h2;
  // A connection that sends no whole head for so long is closed.
  Duration head_timeout = seconds(30);
};

class HttpServer {
 public:
  HttpServer(Loop& loop, HttpServerOptions options);
  ~HttpServer();

  // Takes over an accepted stream (after the TLS handshake, if there is one).
  void serve(std::unique_ptr<Stream> stream);
  // Says goodbye to all and waits until they have ended.
  Task<void> drain();
  size_t connection_count() const { return connections_.size(); }

  class Connection;

 private:
  friend class Connection;
  using Place = std::list<std::unique_ptr<Connection>>::iterator;
  void remove(Place place);

  Loop& loop_;
  HttpServerOptions options_;
  std::list<std::unique_ptr<Connection>> connections_;
  Wakeup empty_;
  bool draining_ = false;
};

}  // namespace argosy
