#include "io/http/h2_session.h"

#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "base/format.h"

namespace argosy {

struct H2Session::Native {
  nghttp2_session* session = nullptr;
  ~Native() { nghttp2_session_del(session); }
};

class H2Session::Flush final : public Runnable {
 public:
  explicit Flush(H2Session& session) : session_(session) {}
  void run() override { session_.flush(); }

 private:
  H2Session& session_;
};

namespace {

// nghttp2 copies names and values before the call returns.
void to_native(std::span<const HeaderView> headers, std::vector<nghttp2_nv>& out) {
  out.clear();
  out.reserve(headers.size());
  for (const HeaderView& header : headers) {
    out.push_back({reinterpret_cast<uint8_t*>(const_cast<char*>(header.name.data())),
                   reinterpret_cast<uint8_t*>(const_cast<char*>(header.value.data())),
                   header.name.size(), header.value.size(), NGHTTP2_NV_FLAG_NONE});
  }
}

std::vector<nghttp2_nv>& native_scratch() {
  thread_local std::vector<nghttp2_nv> scratch;
  return scratch;
}

BytesView view(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

struct H2Session::Callbacks {
  static H2Session& self(void* user) { return *static_cast<H2Session*>(user); }

  static int begin_headers(nghttp2_session*, const nghttp2_frame*, void* user) {
    self(user).incoming_ = Headers();
    self(user).incoming_bytes_ = 0;
    return 0;
  }

  static int header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name, size_t name_size,
                    const uint8_t* value, size_t value_size, uint8_t, void* user) {
    H2Session& session = self(user);
    session.incoming_bytes_ += name_size + value_size + 32;
    if (session.incoming_bytes_ > session.options_.max_header_bytes) {
      return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
    }
    session.incoming_.add(view(name, name_size), view(value, value_size));
    return 0;
  }

  static int frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
    H2Session& session = self(user);
    switch (frame->hd.type) {
      case NGHTTP2_HEADERS: return on_headers_frame(session, *frame);
      case NGHTTP2_DATA: {
        H2Stream* stream = session.find(frame->hd.stream_id);
        if (stream != nullptr && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
          stream->handler_->on_finished();
        }
        return 0;
      }
      case NGHTTP2_PING:
        if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) session.on_ping();
        return 0;
      case NGHTTP2_GOAWAY: session.going_away_ = true; return 0;
      default: return 0;
    }
  }

  static int on_headers_frame(H2Session& session, const nghttp2_frame& frame) {
    const int32_t id = frame.hd.stream_id;
    const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
    H2Stream* stream = session.find(id);
    if (stream == nullptr) {
      if (!session.options_.is_server) return 0;
      auto owned = std::make_unique<H2Stream>(session, id);
      stream = owned.get();
      stream->request_ = std::move(session.incoming_);
      session.streams_.emplace(id, std::move(owned));
      stream->handler_ = session.accept_(*stream);
    } else {
      stream->handler_->on_headers(std::move(session.incoming_), last);
    }
    if (last) stream->handler_->on_finished();
    return 0;
  }

  static int data(nghttp2_session*, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
                  void* user) {
    H2Session& session = self(user);
    if (H2Stream* stream = session.find(id)) {
      stream->handler_->on_data(view(bytes, size));
    } else {
      nghttp2_session_consume_connection(session.native_->session, size);
    }
    return 0;
  }

  static int stream_close(nghttp2_session*, int32_t id, uint32_t error_code, void* user) {
    self(user).on_stream_close(id, error_code);
    return 0;
  }

  // A server that has answered before the request ended wants no more of it
  // (RFC 9113 section 8.1).
  static int frame_send(nghttp2_session* native, const nghttp2_frame* frame, void* user) {
    const bool carries_end =
        frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
    if (self(user).options_.is_server && carries_end &&
        (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
        nghttp2_session_get_stream_remote_close(native, frame->hd.stream_id) == 0) {
      nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
    }
    return 0;
  }

  static ssize_t read(nghttp2_session*, int32_t, uint8_t* to, size_t size, uint32_t* flags,
                      nghttp2_data_source* source, void* user) {
    return self(user).read_data(*static_cast<H2Stream*>(source->ptr), to, size, *flags);
  }

  static nghttp2_session_callbacks* make() {
    nghttp2_session_callbacks* callbacks = nullptr;
    check(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_send);
    return callbacks;
  }
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
      keepalive_(loop, [this] { on_keepalive(); }) {
  static nghttp2_session_callbacks* const callbacks = Callbacks::make();
  nghttp2_option* option = nullptr;
  check(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_option_set_no_closed_streams(option, 1);
  nghttp2_option_set_no_rfc9113_leading_and_trailing_ws_validation(option, 1);
  check((options_.is_server
             ? nghttp2_session_server_new2(&native_->session, callbacks, this, option)
             : nghttp2_session_client_new2(&native_->session, callbacks, this, option)) == 0);
  nghttp2_option_del(option);
  const nghttp2_settings_entry settings[] = {
      {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, options_.stream_window},
      {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, options_.max_header_bytes},
      {options_.is_server ? NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS
                          : NGHTTP2_SETTINGS_ENABLE_PUSH,
       options_.is_server ? options_.max_concurrent_streams : 0},
  };
  check(nghttp2_submit_settings(native_->session, NGHTTP2_FLAG_NONE, settings, 3) == 0);
  check(nghttp2_session_set_local_window_size(
            native_->session, NGHTTP2_FLAG_NONE, 0,
            static_cast<int32_t>(options_.connection_window)) == 0);
}

// Handlers may reach for their stream while they are destroyed: let them go first.
H2Session::~H2Session() {
  closed_ = true;
  for (auto& [id, stream] : streams_) stream->handler_.reset();
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
  ping_sent_ = false;
  inside_ = true;
  const ssize_t used = nghttp2_session_mem_recv(
      native_->session, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  inside_ = false;
  if (used < 0) {
    close_reason_.emplace(Code::kUnavailable,
                          format("http2: {}", nghttp2_strerror(static_cast<int>(used))));
    nghttp2_session_terminate_session(native_->session, NGHTTP2_PROTOCOL_ERROR);
  }
  wants_flush();
}

void H2Session::on_end(std::optional<Error> error) { close(std::move(error)); }

void H2Session::on_drained() { wants_flush(); }

void H2Session::wants_flush() {
  if (!closed_) loop_.at_turn_end(*flush_);
}

void H2Session::flush() {
  while (!closed_ && transport_->backlog() < kStreamHighMark) {
    const uint8_t* bytes = nullptr;
    inside_ = true;
    const ssize_t size = nghttp2_session_mem_send(native_->session, &bytes);
    inside_ = false;
    if (size < 0) return close(Error(Code::kInternal, "http2: cannot send"));
    if (size == 0) break;
    transport_->write(view(bytes, static_cast<size_t>(size)));
  }
  close_if_done();
}

void H2Session::close_if_done() {
  if (closed_) return;
  const bool wants = nghttp2_session_want_read(native_->session) != 0 ||
                     nghttp2_session_want_write(native_->session) != 0;
  if (wants && !(going_away_ && streams_.empty() && transport_->backlog() == 0)) return;
  transport_->finish();
  close(std::move(close_reason_));
}

void H2Session::close(std::optional<Error> error) {
  if (std::exchange(closed_, true)) return;
  keepalive_.disarm();
  for (auto& [id, stream] : std::exchange(streams_, {})) {
    stream->handler_->on_close(NGHTTP2_CANCEL);
    stream->handler_.reset();
  }
  if (on_closed_) on_closed_(std::move(error));
}

H2Stream* H2Session::find(int32_t id) {
  const auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : it->second.get();
}

void H2Session::on_stream_close(int32_t id, uint32_t error_code) {
  auto node = streams_.extract(id);
  if (node.empty()) return;
  node.mapped()->handler_->on_close(error_code);
}

H2Stream* H2Session::open(std::span<const HeaderView> headers, bool last,
                          std::unique_ptr<H2Stream::Handler> handler) {
  if (!takes_requests()) return nullptr;
  auto stream = std::make_unique<H2Stream>(*this, 0);
  nghttp2_data_provider provider{{.ptr = stream.get()}, Callbacks::read};
  to_native(headers, native_scratch());
  const int32_t id =
      nghttp2_submit_request(native_->session, nullptr, native_scratch().data(),
                             native_scratch().size(), last ? nullptr : &provider, nullptr);
  if (id < 0) return nullptr;
  stream->id_ = id;
  stream->handler_ = std::move(handler);
  stream->data_begun_ = true;
  H2Stream* raw = stream.get();
  streams_.emplace(id, std::move(stream));
  wants_flush();
  return raw;
}

void H2Session::go_away() {
  if (closed_ || std::exchange(going_away_, true)) return;
  nghttp2_submit_shutdown_notice(native_->session);
  nghttp2_submit_goaway(native_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(native_->session),
                        NGHTTP2_NO_ERROR, nullptr, 0);
  wants_flush();
}

// gRPC's rule against ping floods (grpc.github.io, "Keepalive"): more than two pings
// that come too soon end the connection.
void H2Session::on_ping() {
  if (!options_.is_server) return;
  const bool idle = streams_.empty() && !options_.ping_without_streams;
  const Duration wanted = idle ? Duration(hours(2)) : options_.min_ping_interval;
  const bool first = last_ping_ == MonotonicTime{};
  const bool too_soon = !first && loop_.now() - last_ping_ < wanted;
  last_ping_ = loop_.now();
  if (!too_soon || ++ping_strikes_ <= 2) return;
  static constexpr std::string_view kReason = "too_many_pings";
  nghttp2_submit_goaway(native_->session, NGHTTP2_FLAG_NONE,
                        nghttp2_session_get_last_proc_stream_id(native_->session),
                        NGHTTP2_ENHANCE_YOUR_CALM,
                        reinterpret_cast<const uint8_t*>(kReason.data()), kReason.size());
  nghttp2_session_terminate_session(native_->session, NGHTTP2_ENHANCE_YOUR_CALM);
}

void H2Session::arm_keepalive() {
  if (options_.ping_after_idle == Duration(0)) return;
  keepalive_.arm_at(ping_sent_ ? last_activity_ + options_.ping_after_idle + options_.ping_timeout
                               : last_activity_ + options_.ping_after_idle);
}

void H2Session::on_keepalive() {
  const Duration idle = loop_.now() - last_activity_;
  if (ping_sent_ && idle >= options_.ping_after_idle + options_.ping_timeout) {
    return close(Error(Code::kUnavailable, "keepalive ping failed to receive ACK within timeout"));
  }
  if (!ping_sent_ && idle >= options_.ping_after_idle) {
    ping_sent_ = true;
    nghttp2_submit_ping(native_->session, NGHTTP2_FLAG_NONE, nullptr);
    wants_flush();
  }
  arm_keepalive();
}

long H2Session::read_data(H2Stream& stream, uint8_t* to, size_t size, uint32_t& flags) {
  const size_t count = std::min(size, stream.backlog());
  std::memcpy(to, stream.out_.data() + stream.out_taken_, count);
  stream.out_taken_ += count;
  if (stream.backlog() == 0) {
    stream.out_.clear();
    stream.out_taken_ = 0;
    if (stream.finishing_) {
      flags |= NGHTTP2_DATA_FLAG_EOF;
      if (!stream.trailers_.empty()) {
        flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
        std::vector<HeaderView> views;
        for (const Header& header : stream.trailers_) views.push_back({header.name, header.value});
        to_native(views, native_scratch());
        nghttp2_submit_trailer(native_->session, stream.id_, native_scratch().data(),
                               native_scratch().size());
      }
      return static_cast<long>(count);
    }
  }
  if (stream.was_backlogged_ && stream.backlog() <= kStreamHighMark / 2) {
    stream.was_backlogged_ = false;
    stream.handler_->on_drained();
  }
  if (count == 0) {
    stream.deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<long>(count);
}

void H2Stream::send_headers(std::span<const HeaderView> headers, bool last) {
  if (reset_ || session_.closed_) return;
  nghttp2_data_provider provider{{.ptr = this}, H2Session::Callbacks::read};
  to_native(headers, native_scratch());
  nghttp2_submit_response(session_.native_->session, id_, native_scratch().data(),
                          native_scratch().size(), last ? nullptr : &provider);
  data_begun_ = true;
  session_.wants_flush();
}

void H2Stream::send_data(BytesView bytes) {
  if (reset_ || finishing_ || session_.closed_) return;
  out_ += bytes;
  if (backlog() > kStreamHighMark) was_backlogged_ = true;
  if (std::exchange(deferred_, false)) {
    nghttp2_session_resume_data(session_.native_->session, id_);
  }
  session_.wants_flush();
}

void H2Stream::finish(std::span<const HeaderView> trailers) {
  if (reset_ || finishing_ || session_.closed_) return;
  finishing_ = true;
  for (const HeaderView& header : trailers) {
    trailers_.push_back({std::string(header.name), std::string(header.value)});
  }
  if (std::exchange(deferred_, false)) {
    nghttp2_session_resume_data(session_.native_->session, id_);
  }
  session_.wants_flush();
}

void H2Stream::reset(uint32_t error_code) {
  if (std::exchange(reset_, true) || session_.closed_) return;
  nghttp2_submit_rst_stream(session_.native_->session, NGHTTP2_FLAG_NONE, id_, error_code);
  session_.wants_flush();
}

void H2Stream::consumed(size_t bytes) {
  if (session_.closed_ || bytes == 0) return;
  nghttp2_session_consume(session_.native_->session, id_, bytes);
  session_.wants_flush();
}

}  // namespace argosy
