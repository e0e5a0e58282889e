// A gRPC client's channel: several endpoints, each with a connection that comes back
// after a backoff; calls go round-robin over those that are up. A call that no server
// has begun to handle (refused, or later than a GOAWAY) is tried again on the next.
#pragma once

#include <deque>

#include "io/grpc/framing.h"
#include "io/http/h2_session.h"
#include "io/task/scope.h"
#include "sys/random/random.h"

namespace argosy {
class TlsContext;
}

namespace argosy::grpc {

struct ChannelTarget {
  Endpoint endpoint;
  std::string server_name;  // for TLS and :authority; empty: the endpoint's text
};

struct ChannelOptions {
  std::vector<ChannelTarget> targets;
  TlsContext* tls = nullptr;  // null: plain text
  size_t max_receive = 0x7FFFFFFF;
  Duration connect_timeout = seconds(20);
  // gRPC's connection backoff: times 1.6 from the first to the last, with 20 % jitter.
  Duration backoff_first = seconds(1);
  Duration backoff_last = seconds(120);
  Duration ping_after_idle{0};
  Duration ping_timeout = seconds(20);
};

struct CallOptions {
  // Names in lower case; the values of those that end with "-bin" may be any bytes.
  Headers metadata;
  // Of the whole call; a stream's reads fail with DeadlineExceeded then.
  std::optional<MonotonicTime> deadline;
};

// A streaming call's client side. Dropping it cancels the call.
class ClientStream {
 public:
  virtual ~ClientStream() = default;
  virtual void write(BytesView message) = 0;
  virtual void finish_writing() = 0;
  // The next message; nothing when the server ended with OK; an error otherwise.
  virtual Task<std::optional<Bytes>> read() = 0;
  virtual size_t backlog() const = 0;
  // Waits until what was written has mostly left; above kStreamHighMark one should.
  virtual Task<void> writable() = 0;
};

class Channel {
 public:
  Channel(Loop& loop, Network& network, Random& random, ChannelOptions options);
  ~Channel();

  Task<Bytes> unary(std::string path, Bytes request, CallOptions options = {});
  Task<std::unique_ptr<ClientStream>> open(std::string path, CallOptions options = {});

 private:
  class Connection;
  Task<Connection*> pick();
  Connection* next_that_is_up();
  Task<Bytes> call(std::string path, Bytes request, CallOptions options);
  void bury();

  Loop& loop_;
  Network& network_;
  Random& random_;
  ChannelOptions options_;
  std::vector<std::unique_ptr<Connection>> connections_;
  size_t next_ = 0;
  Wakeup changed_;
  // Sessions that take no more calls, until those that run have ended.
  std::vector<std::unique_ptr<H2Session>> leaving_;
  class Bury final : public Runnable {
   public:
    explicit Bury(Channel& channel) : channel_(channel) {}
    void run() override { channel_.bury(); }

   private:
    Channel& channel_;
  };
  Bury bury_{*this};
  Scope scope_;
};

}  // namespace argosy::grpc
