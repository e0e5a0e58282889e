// One HTTP/2 connection (RFC 9113), either side, on any byte stream. nghttp2 does the
// framing; this class moves bytes between it and the stream, once a turn, and gives
// each HTTP/2 stream a handler.
//
// Flow control is the handlers': bytes count against the peer's windows until the
// handler says consumed(), so who does not read makes the peer stop.
#pragma once

#include <memory>
#include <unordered_map>

#include "io/http/headers.h"
#include "io/net/stream.h"
#include "io/task/loop.h"

namespace argosy {

class H2Session;

// Header fields that are not owned, for sending.
struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// One request and its answer. Owned by the session; handlers keep a reference and
// may use it until on_close().
class H2Stream {
 public:
  // What a handler is told. Called from the loop; may send in return.
  class Handler {
   public:
    virtual ~Handler() = default;
    // A client's: the response's fields, or (last) its trailers.
    virtual void on_headers(Headers headers, bool last) = 0;
    virtual void on_data(BytesView bytes) = 0;
    // The other side has finished its half.
    virtual void on_finished() = 0;
    // What was sent has left this stream's buffer, after is_backlogged().
    virtual void on_drained() {}
    // The stream is gone: both halves done (0), or reset with an RFC 9113 error code.
    // The handler is destroyed after it.
    virtual void on_close(uint32_t error_code) = 0;
  };

  H2Stream(H2Session& session, int32_t id) : session_(session), id_(id) {}
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  int32_t id() const { return id_; }
  H2Session& session() const { return session_; }
  // A server's: the request's fields, pseudo ones included.
  const Headers& request() const { return request_; }

  void send_headers(std::span<const HeaderView> headers, bool last);
  void send_data(BytesView bytes);
  // Ends this side; with fields as trailers, without any just with the end flag.
  void finish(std::span<const HeaderView> trailers = {});
  void reset(uint32_t error_code);
  void consumed(size_t bytes);
  size_t backlog() const { return out_.size() - out_taken_; }

 private:
  friend class H2Session;

  H2Session& session_;
  int32_t id_;
  Headers request_;
  std::unique_ptr<Handler> handler_;
  Bytes out_;
  size_t out_taken_ = 0;
  std::vector<Header> trailers_;
  bool data_begun_ = false;  // a data provider is with nghttp2
  bool deferred_ = false;    // it waits for more bytes
  bool finishing_ = false;
  bool reset_ = false;
  bool was_backlogged_ = false;
};

struct H2Options {
  bool is_server = true;
  uint32_t max_concurrent_streams = 0x7FFFFFFF;
  uint32_t stream_window = 1 << 20;
  uint32_t connection_window = 16 << 20;
  uint32_t max_header_bytes = 64 << 10;
  // A server's rules on pings, as gRPC's keepalive enforcement.
  Duration min_ping_interval = seconds(5);
  bool ping_without_streams = false;
  // Pings that this side sends when nothing came for so long; 0 sends none.
  Duration ping_after_idle{0};
  Duration ping_timeout = seconds(20);
};

class H2Session final : private Stream::Reader {
 public:
  // A server's: makes the handler of a request whose fields have arrived.
  using Accept = std::function<std::unique_ptr<H2Stream::Handler>(H2Stream&)>;
  // The connection is over; nothing follows. The owner may delete the session then.
  using OnClosed = std::function<void(std::optional<Error>)>;

  H2Session(Loop& loop, std::unique_ptr<Stream> stream, H2Options options, Accept accept,
            OnClosed on_closed);
  ~H2Session() override;

  // Starts reading; `first` are bytes that somebody has read already.
  void start(BytesView first = {});
  // A client's: a new request. Null when the session takes no more.
  H2Stream* open(std::span<const HeaderView> headers, bool last,
                 std::unique_ptr<H2Stream::Handler> handler);
  // No new streams; the session closes when those that run have ended.
  void go_away();
  bool takes_requests() const { return !closed_ && !going_away_; }
  size_t stream_count() const { return streams_.size(); }
  const Stream& transport() const { return *transport_; }
  Loop& loop() const { return loop_; }

 private:
  friend class H2Stream;
  struct Callbacks;
  class Flush;

  void on_bytes(BytesView bytes) override;
  void on_end(std::optional<Error> error) override;
  void on_drained() override;

  void wants_flush();
  void flush();
  void close(std::optional<Error> error);
  void close_if_done();
  H2Stream* find(int32_t id);
  void on_stream_close(int32_t id, uint32_t error_code);
  void on_ping();
  void arm_keepalive();
  void on_keepalive();
  long read_data(H2Stream& stream, uint8_t* to, size_t size, uint32_t& flags);

  Loop& loop_;
  std::unique_ptr<Stream> transport_;
  H2Options options_;
  Accept accept_;
  OnClosed on_closed_;
  struct Native;
  std::unique_ptr<Native> native_;
  std::unordered_map<int32_t, std::unique_ptr<H2Stream>> streams_;
  std::unique_ptr<Flush> flush_;
  std::optional<Error> close_reason_;
  bool closed_ = false;
  bool going_away_ = false;
  bool inside_ = false;  // nghttp2 is calling us
  MonotonicTime last_ping_{};
  int ping_strikes_ = 0;
  MonotonicTime last_activity_{};
  bool ping_sent_ = false;
  Timer keepalive_;
  Headers incoming_;
  size_t incoming_bytes_ = 0;
};

}  // namespace argosy
