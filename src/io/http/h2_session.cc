#include "io/http/h2_session.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "io/http/h2_native.h"

namespace argosy {
namespace {

constexpr size_t kSpareStreams = 128;
// Answers to a peer that sends but does not read gather in nghttp2; so many frames are
// taken for an attack.
constexpr size_t kMaxQueuedFrames = 50'000;
// How long a server waits for a client that hears a goodbye.
constexpr Duration kGoodbyeTime = seconds(1);

nghttp2_session* make_session(const H2Options& options, void* user,
                              const nghttp2_session_callbacks* callbacks) {
  nghttp2_option* option = nullptr;
  check(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
  // A server has rules of its own (h2_rules.h).
  nghttp2_option_set_no_http_messaging(option, options.is_server ? 1 : 0);
  nghttp2_option_set_stream_reset_rate_limit(option, options.reset_burst,
                                             options.resets_per_second);
  nghttp2_session* session = nullptr;
  check((options.is_server ? nghttp2_session_server_new2(&session, callbacks, user, option)
                           : nghttp2_session_client_new2(&session, callbacks, user, option)) == 0);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options.max_header_bytes},
      {options.is_server ? NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS : NGHTTP2_SETTINGS_ENABLE_PUSH,
       options.is_server ? options.max_concurrent_streams : 0},
  };
  check(nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 3) == 0);
  check(nghttp2_session_set_local_window_size(
            session, NGHTTP2_FLAG_NONE, 0, static_cast<int32_t>(options.connection_window)) == 0);
  return session;
}

}  // namespace

class H2Session::Flush final : public Runnable {
 public:
  explicit Flush(H2Session& session) : session_(session) {}
  void run() override { session_.flush(); }

 private:
  H2Session& session_;
};

H2Session::H2Session(Loop& loop, std::unique_ptr<Stream> stream, H2Options options, Accept accept,
                     OnClosed on_closed)
    : loop_(loop),
      transport_(std::move(stream)),
      options_(options),
      accept_(std::move(accept)),
      on_closed_(std::move(on_closed)),
      native_(std::make_unique<Native>()),
      flush_(std::make_unique<Flush>(*this)),
      goodbye_(loop, [this] { on_goodbye_timer(); }),
      keepalive_(loop, [this] { on_keepalive(); }) {
  streams_.make_head();
  native_->session = make_session(options_, this, Callbacks::table());
}

// Handlers may reach for their stream while they are destroyed: let them go first.
H2Session::~H2Session() {
  closed_ = true;
  while (streams_.next() != &streams_) {
    const std::unique_ptr<H2Stream> stream(static_cast<H2Stream*>(streams_.next()));
    stream->unlink();
    stream->handler_.reset();
  }
}

void H2Session::start(BytesView first) {
  last_activity_ = loop_.now();
  wants_flush();
  arm_keepalive();
  transport_->start(*this);
  if (!first.empty()) on_bytes(first);
}

void H2Session::on_bytes(BytesView bytes) {
  if (closed_) return;
  last_activity_ = loop_.now();
  ping_sent_.reset();
  const ssize_t used = nghttp2_session_mem_recv(
      native_->session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  if (used < 0) {
    close_reason_.emplace(Code::kUnavailable,
                          format("http2: {}", nghttp2_strerror(static_cast<int>(used))));
    terminate(used == NGHTTP2_ERR_FLOODED ? NGHTTP2_ENHANCE_YOUR_CALM : NGHTTP2_PROTOCOL_ERROR);
  } else if (nghttp2_session_get_outbound_queue_size(native_->session) > kMaxQueuedFrames) {
    return close(Error(Code::kResourceExhausted, "http2: the peer does not read"));
  }
  wants_flush();
}

void H2Session::on_end(std::optional<Error> error) {
  if (!error && close_reason_) error = std::move(close_reason_);
  close(std::move(error));
}

void H2Session::on_drained() {
  wants_flush();
}

void H2Session::wants_flush() {
  if (!closed_) loop_.at_turn_end(*flush_);
}

void H2Session::flush() {
  while (!closed_ && transport_->backlog() < kStreamHighMark) {
    const uint8_t* bytes = nullptr;
    const ssize_t size = nghttp2_session_mem_send(native_->session, &bytes);
    if (size < 0) return close(Error(Code::kInternal, "http2: cannot send"));
    if (size == 0) break;
    transport_->write({reinterpret_cast<const char*>(bytes), static_cast<size_t>(size)});
  }
  close_if_done();
}

void H2Session::close_if_done() {
  if (closed_) return;
  const bool is_over = nghttp2_session_want_read(native_->session) == 0 &&
                       nghttp2_session_want_write(native_->session) == 0;
  if (!is_over && !(going_away_ && stream_count_ == 0)) return;
  transport_->finish();
  if (!options_.is_server) return close(std::move(close_reason_));
  linger();
}

// Closing a socket while the client still sends would reset it, and so lose the
// goodbye on its way. The client is given a moment to close first.
void H2Session::linger() {
  end_streams();
  closed_ = lingering_ = true;
  keepalive_.disarm();
  lingering_backlog_ = transport_->backlog();
  goodbye_.arm_after(kGoodbyeTime);
}

void H2Session::close(std::optional<Error> error) {
  if (std::exchange(closed_, true) && !std::exchange(lingering_, false)) return;
  keepalive_.disarm();
  goodbye_.disarm();
  end_streams();
  if (on_closed_) on_closed_(std::move(error));
}

void H2Session::end_streams() {
  closed_ = true;
  last_found_ = nullptr;
  stream_count_ = 0;
  while (streams_.next() != &streams_) {
    const std::unique_ptr<H2Stream> stream(static_cast<H2Stream*>(streams_.next()));
    stream->unlink();
    stream->handler_->on_close(H2Stream::kConnectionLost);
    stream->handler_.reset();
  }
}

H2Stream* H2Session::find(int32_t id) {
  if (last_found_ != nullptr && last_found_->id_ == id) return last_found_;
  auto* found = static_cast<H2Stream*>(nghttp2_session_get_stream_user_data(native_->session, id));
  if (found != nullptr) last_found_ = found;
  return found;
}

std::unique_ptr<H2Stream> H2Session::make_stream(int32_t id) {
  if (spare_.empty()) return std::make_unique<H2Stream>(*this, id);
  auto stream = std::move(spare_.back());
  spare_.pop_back();
  stream->renew(id);
  return stream;
}

H2Stream& H2Session::adopt(std::unique_ptr<H2Stream> stream) {
  H2Stream* raw = stream.release();
  nghttp2_session_set_stream_user_data(native_->session, raw->id_, raw);
  raw->link_before(streams_);
  ++stream_count_;
  last_found_ = raw;
  return *raw;
}

void H2Session::on_stream_close(int32_t id, uint32_t error_code) {
  std::unique_ptr<H2Stream> stream(find(id));
  if (!stream) return;
  last_found_ = nullptr;
  stream->unlink();
  --stream_count_;
  if (stream->unconsumed_ > 0) {
    nghttp2_session_consume_connection(native_->session, stream->unconsumed_);
    wants_flush();
  }
  stream->handler_->on_close(error_code);
  stream->handler_.reset();
  if (spare_.size() >= kSpareStreams) return;
  stream->renew(0);
  spare_.push_back(std::move(stream));
}

H2Stream* H2Session::open(std::span<const HeaderView> headers, bool last,
                          std::unique_ptr<H2Stream::Handler> handler) {
  if (!takes_requests()) return nullptr;
  auto stream = make_stream(0);
  const nghttp2_data_provider provider{{.ptr = stream.get()}, Callbacks::read};
  const auto native = native_->to_native(headers);
  const int32_t id = nghttp2_submit_request(native_->session, nullptr, native.data(), native.size(),
                                            last ? nullptr : &provider, stream.get());
  if (id < 0) return nullptr;
  stream->id_ = id;
  stream->handler_ = std::move(handler);
  H2Stream& opened = adopt(std::move(stream));
  wants_flush();
  return &opened;
}

void H2Session::go_away() {
  if (closed_ || going_away_ || std::exchange(announced_, true)) return;
  if (!options_.is_server) return say_goodbye();
  nghttp2_submit_shutdown_notice(native_->session);
  nghttp2_submit_ping(native_->session, NGHTTP2_FLAG_NONE,
                      reinterpret_cast<const uint8_t*>(kGoodbyePing));
  goodbye_.arm_after(kGoodbyeTime);
  wants_flush();
}

void H2Session::say_goodbye() {
  if (closed_ || !announced_ || std::exchange(going_away_, true)) return;
  goodbye_.disarm();
  nghttp2_submit_goaway(native_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(native_->session), NGHTTP2_NO_ERROR,
                        nullptr, 0);
  wants_flush();
}

void H2Session::on_goodbye_timer() {
  if (terminated_ && !lingering_) return close(std::move(close_reason_));
  if (!lingering_) return say_goodbye();
  const size_t left = transport_->backlog();
  if (left > 0 && left < lingering_backlog_) {
    lingering_backlog_ = left;
    return goodbye_.arm_after(kGoodbyeTime);
  }
  close(std::move(close_reason_));
}

void H2Session::on_goaway_received(uint32_t error_code, BytesView reason) {
  going_away_ = true;
  if (error_code == NGHTTP2_NO_ERROR) return;
  close_reason_.emplace(Code::kUnavailable,
                        format("received prior goaway: code: {}, debug data: \"{}\"",
                               nghttp2_http2_strerror(error_code), reason));
}

// gRPC's rule against ping floods (grpc.github.io, "Keepalive"): more than two pings
// that come too soon end the connection. Having sent headers or data forgives, because
// clients ping to measure the way that data takes.
void H2Session::on_ping() {
  if (!options_.is_server) return;
  const MonotonicTime now = loop_.now();
  const auto previous = std::exchange(last_ping_, now);
  if (std::exchange(pings_forgiven_, false)) {
    ping_strikes_ = 0;
    return;
  }
  const bool is_idle = stream_count_ == 0 && !options_.ping_without_streams;
  const Duration wanted = is_idle ? Duration(hours(2)) : options_.min_ping_interval;
  if (!previous || now - *previous >= wanted || ++ping_strikes_ <= 2) return;
  calm_down("too_many_pings");
}

void H2Session::calm_down(BytesView reason) {
  nghttp2_submit_goaway(native_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(native_->session),
                        NGHTTP2_ENHANCE_YOUR_CALM, reinterpret_cast<const uint8_t*>(reason.data()),
                        reason.size());
  terminate(NGHTTP2_ENHANCE_YOUR_CALM);
}

// Closes when the peer has been told why, or soon if it does not read.
void H2Session::terminate(uint32_t error_code) {
  nghttp2_session_terminate_session(native_->session, error_code);
  terminated_ = true;
  goodbye_.arm_after(kGoodbyeTime);
  wants_flush();
}

void H2Session::arm_keepalive() {
  if (options_.ping_after_idle == Duration(0)) return;
  keepalive_.arm_at(ping_sent_ ? *ping_sent_ + options_.ping_timeout
                               : last_activity_ + options_.ping_after_idle);
}

void H2Session::on_keepalive() {
  const MonotonicTime now = loop_.now();
  if (ping_sent_) {
    if (now - *ping_sent_ >= options_.ping_timeout) {
      return close(
          Error(Code::kUnavailable, "keepalive ping failed to receive ACK within timeout"));
    }
  } else if (now - last_activity_ >= options_.ping_after_idle) {
    const bool may_ping = options_.is_server || stream_count_ > 0 || options_.ping_without_streams;
    if (may_ping) {
      ping_sent_ = now;
      nghttp2_submit_ping(native_->session, NGHTTP2_FLAG_NONE, nullptr);
      wants_flush();
    } else {
      last_activity_ = now;  // looked at again after the same time
    }
  }
  arm_keepalive();
}

}  // namespace argosy
