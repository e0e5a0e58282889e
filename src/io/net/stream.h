// Byte streams, listeners and addresses, without saying whose: io/loop has the
// kernel's, io/tls wraps any stream, a simulation makes its own. All of it belongs to
// one loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "io/task/task.h"

namespace argosy {

// Where to listen or to connect: "host:port", "[::1]:2379" or a unix socket's path.
struct Endpoint {
  std::string host;  // name or address; empty for a unix socket
  uint16_t port = 0;
  std::string unix_path;

  bool is_unix() const { return !unix_path.empty(); }
  // "127.0.0.1:2379", "[::1]:2379" or the path.
  std::string text() const;
};
// "host:port" with brackets round an IPv6 address; nothing else.
Result<Endpoint> parse_host_port(std::string_view text);

// What a verified certificate says of the other side.
struct TlsPeer {
  std::string alpn;  // the chosen protocol, empty when none was
  bool has_certificate = false;
  std::string common_name;
  std::vector<std::string> dns_names;
  std::vector<std::string> ip_addresses;
};

class Stream {
 public:
  // Who reads. Called from the loop, never from inside a call to the stream. It does not
  // destroy the stream from inside these.
  class Reader {
   public:
    virtual ~Reader() = default;
    // The view is good during the call.
    virtual void on_bytes(BytesView bytes) = 0;
    // The other side has sent its last byte (then one may still write), or the stream
    // broke; nothing follows.
    virtual void on_end(std::optional<Error> error) = 0;
    // What was written is below the low mark again; after is_backlogged() was true.
    virtual void on_drained() {}
  };

  // Closes at once; what the kernel does not take at once is dropped.
  virtual ~Stream() = default;

  // Begins to read into `reader`, which outlives the stream or the next start().
  virtual void start(Reader& reader) = 0;
  virtual void pause_reading(bool paused) = 0;
  // Takes the bytes; they leave at the end of the turn, in order.
  virtual void write(BytesView bytes) = 0;
  // Bytes taken and not yet handed to the kernel.
  virtual size_t backlog() const = 0;
  // Half-closes when all that was written has left.
  virtual void finish() = 0;
  virtual const std::string& peer_address() const = 0;
  // Null unless it is a TLS stream whose handshake is done.
  virtual const TlsPeer* tls() const { return nullptr; }
};

// Above it a producer should wait for on_drained(), which comes at half of it.
inline constexpr size_t kStreamHighMark = size_t{256} * 1024;

class Listener {
 public:
  virtual ~Listener() = default;
  // The port that was bound, which differs when 0 was asked for.
  virtual uint16_t port() const = 0;
  // While it is paused, connections wait in the kernel's queue.
  virtual void pause_accepting(bool paused) = 0;
};

class Network {
 public:
  using OnStream = std::function<void(std::unique_ptr<Stream>)>;

  virtual ~Network() = default;
  // Errors name the endpoint and the reason ("listen tcp 127.0.0.1:2379: bind:
  // address already in use"). Accepts until the listener dies.
  virtual Result<std::unique_ptr<Listener>> listen(const Endpoint& endpoint,
                                                   OnStream on_stream) = 0;
  // Resolves the name, tries its addresses in turn.
  virtual Task<std::unique_ptr<Stream>> connect(Endpoint endpoint) = 0;
};

}  // namespace argosy
