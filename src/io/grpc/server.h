// A gRPC service table on HTTP/2: paths to handlers, as coroutines.
//
// A handler that ends with an Error answers with its code and message; one that is
// still running when the client goes away, or when its deadline passes, is destroyed.
// Handlers run on the loop's thread.
#pragma once

#include <functional>
#include <unordered_map>

#include "io/grpc/framing.h"
#include "io/http/h2_session.h"
#include "io/task/scope.h"

namespace argosy::grpc {

// What is known of a call besides its messages. Lives as long as the handler runs.
// Metadata are the request's fields but for those of HTTP/2 and gRPC themselves and
// user-agent; those whose names end with "-bin" are decoded.
struct CallInfo {
  std::string_view path;  // "/package.Service/Method"
  Headers metadata;
  std::optional<MonotonicTime> deadline;
  std::string_view peer_address;
  const TlsPeer* tls = nullptr;
};

// The messages of a streaming call.
class ServerStream {
 public:
  virtual ~ServerStream() = default;
  virtual const CallInfo& info() const = 0;
  // The client's next message, or nothing when it has sent its last.
  virtual Task<std::optional<Bytes>> read() = 0;
  virtual void write(BytesView message) = 0;
  // Bytes written that have not left; above kStreamHighMark wait for writable().
  virtual size_t backlog() const = 0;
  virtual Task<void> writable() = 0;
};

enum class CallKind : uint8_t { kUnary, kClientStream, kServerStream, kBidiStream };

// The request's view is good as long as the handler runs.
using UnaryHandler = std::function<Task<Bytes>(const CallInfo&, BytesView request)>;
using StreamHandler = std::function<Task<void>(ServerStream&)>;

// Who counts: told when calls begin and end, and of each message.
class Observer {
 public:
  virtual ~Observer() = default;
  // `id` is what add() was told of the method.
  virtual void on_started(uint32_t id) = 0;
  virtual void on_received(uint32_t id) = 0;
  virtual void on_sent(uint32_t id) = 0;
  virtual void on_handled(uint32_t id, Code code, Duration took) = 0;
  // Bytes on the wire, message frames only.
  virtual void on_bytes(size_t received, size_t sent) = 0;
};

struct Limits {
  size_t max_receive = 4 << 20;
};

class Server {
 public:
  Server(Loop& loop, Limits limits) : loop_(loop), limits_(limits) {}

  void add_unary(std::string path, UnaryHandler handler);
  void add_stream(std::string path, CallKind kind, StreamHandler handler);
  void set_observer(Observer* observer) { observer_ = observer; }

  struct Method {
    std::string path;
    uint32_t id = 0;
    CallKind kind = CallKind::kUnary;
    UnaryHandler unary;
    StreamHandler stream;
  };
  // In the order of being added; ids are places in it.
  const std::vector<std::unique_ptr<Method>>& methods() const { return methods_; }

  // For an HTTP server: the handler of a request with content-type application/grpc.
  std::unique_ptr<H2Stream::Handler> accept(H2Stream& stream);
  static bool is_grpc(const H2Stream& stream);
  static bool is_grpc(const Headers& request);  // slower

 private:
  friend class Call;
  const Method* find(std::string_view path) const;
  std::string unknown_text(std::string_view path) const;

  Loop& loop_;
  Limits limits_;
  Observer* observer_ = nullptr;
  std::vector<std::unique_ptr<Method>> methods_;
  std::unordered_map<std::string_view, const Method*> by_path_;
};

}  // namespace argosy::grpc
