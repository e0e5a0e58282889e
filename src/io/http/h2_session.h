// One HTTP/2 connection (RFC 9113), either side, on any byte stream. nghttp2 does the
// framing; this class moves bytes between it and the stream, once a turn, and gives
// each HTTP/2 stream a handler.
//
// Flow control is the handlers': bytes count against the peer's windows until the
// handler says consumed(), so who does not read makes the peer stop. What a stream has
// not consumed when it closes is given back to the connection's window.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "io/http/h2_fields.h"
#include "io/net/stream.h"
#include "io/task/loop.h"

namespace argosy {

class H2Session;

// Header fields that are not owned, for sending. `is_constant`: both texts live as
// long as the program, so nobody needs to copy them.
struct HeaderView {
  std::string_view name;
  std::string_view value;
  bool is_constant = false;
};

// One request and its answer. Owned by the session; handlers keep a reference and
// may use it until on_close().
class H2Stream final : private ListNode {
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
    // The stream is gone: both halves done (0), reset with an RFC 9113 error code, or
    // kConnectionLost. The handler is destroyed after it.
    virtual void on_close(uint32_t error_code) = 0;
  };
  static constexpr uint32_t kConnectionLost = 0xFFFFFFFF;

  H2Stream(H2Session& session, int32_t id) : session_(session), id_(id) {}
  H2Stream(const H2Stream&) = delete;
  H2Stream& operator=(const H2Stream&) = delete;

  int32_t id() const { return id_; }
  H2Session& session() const { return session_; }
  // A server's: the request's fields, pseudo ones included. fields() makes no copies.
  const H2Fields& fields() const { return fields_; }
  const Headers& request() const;

  void send_headers(std::span<const HeaderView> headers, bool last);
  void send_data(BytesView bytes);
  // Ends this side; with fields as trailers, without any just with the end flag.
  void finish(std::span<const HeaderView> trailers = {});
  void reset(uint32_t error_code);
  void consumed(size_t bytes);
  size_t backlog() const { return out_.size() - out_taken_; }

 private:
  friend class H2Session;

  void renew(int32_t id);
  void note_end();
  void keep_trailers(std::span<const HeaderView> trailers);
  void wake();
  long read_data(uint8_t* to, size_t size, uint32_t& flags);

  H2Session& session_;
  int32_t id_;
  H2Fields fields_;
  mutable std::optional<Headers> request_;
  std::unique_ptr<Handler> handler_;
  Bytes out_;
  size_t out_taken_ = 0;
  std::optional<uint64_t> body_left_;  // of a request that says how long it is
  size_t unconsumed_ = 0;              // bytes given to the handler that still fill the windows
  std::vector<HeaderView> trailers_;
  Bytes trailer_texts_;
  bool deferred_ = false;  // nghttp2 waits for more bytes
  bool finishing_ = false;
  bool remote_done_ = false;  // the other side has ended its half
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
  // Pings that this side sends when nothing came for so long; 0 sends none. A client
  // sends none without a stream unless ping_without_streams.
  Duration ping_after_idle{0};
  Duration ping_timeout = seconds(20);
  // How many streams a client may reset at once, and a second on average, before it is
  // taken for a flood (CVE-2023-44487).
  uint64_t reset_burst = 1000;
  uint64_t resets_per_second = 500;
};

class H2Session final : private Stream::Reader {
 public:
  // A server's: makes the handler of a request whose fields have arrived.
  using Accept = std::function<std::unique_ptr<H2Stream::Handler>(H2Stream&)>;
  // The connection is over; nothing follows. The owner may delete the session soon
  // after, but not from inside this call.
  using OnClosed = std::function<void(std::optional<Error>)>;

  H2Session(Loop& loop, std::unique_ptr<Stream> stream, H2Options options, Accept accept,
            OnClosed on_closed);
  ~H2Session() override;

  // Starts reading; `first` are bytes that somebody has read already.
  void start(BytesView first = {});
  // A client's: a new request. Null when the session takes no more.
  H2Stream* open(std::span<const HeaderView> headers, bool last,
                 std::unique_ptr<H2Stream::Handler> handler);
  // No new streams; the session closes when those that run have ended. A server first
  // announces it and takes what the client sent before it heard (RFC 9113, 6.8).
  void go_away();
  bool takes_requests() const { return !closed_ && !going_away_; }
  bool is_closed() const { return closed_; }
  size_t stream_count() const { return stream_count_; }
  const Stream& transport() const { return *transport_; }
  Loop& loop() const { return loop_; }

 private:
  friend class H2Stream;
  struct Callbacks;
  struct Native;
  class Flush;

  void on_bytes(BytesView bytes) override;
  void on_end(std::optional<Error> error) override;
  void on_drained() override;

  void wants_flush();
  void flush();
  void close(std::optional<Error> error);
  void close_if_done();
  void end_streams();
  void linger();
  void say_goodbye();
  void on_goodbye_timer();

  H2Stream* find(int32_t id);
  std::unique_ptr<H2Stream> make_stream(int32_t id);
  H2Stream& adopt(std::unique_ptr<H2Stream> stream);
  void on_stream_close(int32_t id, uint32_t error_code);

  void on_ping();
  void on_goaway_received(uint32_t error_code, BytesView reason);
  void calm_down(BytesView reason);
  void terminate(uint32_t error_code);
  void arm_keepalive();
  void on_keepalive();

  Loop& loop_;
  std::unique_ptr<Stream> transport_;
  H2Options options_;
  Accept accept_;
  OnClosed on_closed_;
  std::unique_ptr<Native> native_;
  ListNode streams_;  // owned
  size_t stream_count_ = 0;
  H2Stream* last_found_ = nullptr;
  std::vector<std::unique_ptr<H2Stream>> spare_;  // used again, with their buffers
  std::unique_ptr<Flush> flush_;
  std::optional<Error> close_reason_;
  bool closed_ = false;
  bool lingering_ = false;  // closed, but the peer has not read all of it yet
  bool going_away_ = false;
  bool announced_ = false;
  bool terminated_ = false;
  size_t lingering_backlog_ = 0;
  Timer goodbye_;
  // Enforcement of the peer's pings.
  std::optional<MonotonicTime> last_ping_;
  bool pings_forgiven_ = false;
  int ping_strikes_ = 0;
  // This side's pings.
  MonotonicTime last_activity_{};
  std::optional<MonotonicTime> ping_sent_;
  Timer keepalive_;
  H2Fields incoming_;
  // Streams that this side ended before the other, perhaps; a hint for frame_send.
  size_t early_ends_ = 0;
};

}  // namespace argosy
