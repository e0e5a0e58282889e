#include <algorithm>
#include <cstring>

#include "io/http/h2_native.h"

namespace argosy {
namespace {

// Sent bytes are cut off the front of a buffer when they are so many, and most of it.
constexpr size_t kCutAfter = 64 * 1024;

}  // namespace

const Headers& H2Stream::request() const {
  if (!request_) request_ = fields_.to_headers();
  return *request_;
}

// Ready for another request, with its buffers kept unless they are large.
void H2Stream::renew(int32_t id) {
  id_ = id;
  fields_.clear();
  request_.reset();
  handler_.reset();
  out_.clear();
  if (out_.capacity() > kCutAfter) out_ = Bytes();
  out_taken_ = 0;
  body_left_.reset();
  unconsumed_ = 0;
  trailers_.clear();
  trailer_texts_.clear();
  deferred_ = finishing_ = remote_done_ = reset_ = was_backlogged_ = false;
}

// A server's stream that is about to end its half.
void H2Stream::note_end() {
  if (session_.options_.is_server && !remote_done_) ++session_.early_ends_;
}

void H2Stream::send_headers(std::span<const HeaderView> headers, bool last) {
  if (reset_ || session_.closed_) return;
  const nghttp2_data_provider provider{{.ptr = this}, H2Session::Callbacks::read};
  const auto native = session_.native_->to_native(headers);
  nghttp2_submit_response(session_.native_->session, id_, native.data(), native.size(),
                          last ? nullptr : &provider);
  if (last) note_end();
  session_.wants_flush();
}

void H2Stream::send_data(BytesView bytes) {
  if (reset_ || finishing_ || session_.closed_) return;
  out_ += bytes;
  if (backlog() > kStreamHighMark) was_backlogged_ = true;
  wake();
}

void H2Stream::finish(std::span<const HeaderView> trailers) {
  if (reset_ || finishing_ || session_.closed_) return;
  finishing_ = true;
  if (!trailers.empty()) keep_trailers(trailers);
  wake();
}

void H2Stream::keep_trailers(std::span<const HeaderView> trailers) {
  size_t size = 0;
  for (const HeaderView& header : trailers) size += header.name.size() + header.value.size();
  trailer_texts_.reserve(size);  // the views below point into it
  const auto keep = [&](std::string_view text) {
    const size_t at = trailer_texts_.size();
    trailer_texts_ += text;
    return std::string_view(trailer_texts_).substr(at);
  };
  for (const HeaderView& header : trailers) {
    trailers_.push_back(
        header.is_constant ? header : HeaderView{keep(header.name), keep(header.value), false});
  }
}

void H2Stream::wake() {
  if (std::exchange(deferred_, false)) {
    nghttp2_session_resume_data(session_.native_->session, id_);
  }
  session_.wants_flush();
}

void H2Stream::reset(uint32_t error_code) {
  if (session_.closed_ || std::exchange(reset_, true)) return;
  nghttp2_submit_rst_stream(session_.native_->session, NGHTTP2_FLAG_NONE, id_, error_code);
  session_.wants_flush();
}

void H2Stream::consumed(size_t bytes) {
  bytes = std::min(bytes, unconsumed_);
  if (session_.closed_ || bytes == 0) return;
  unconsumed_ -= bytes;
  nghttp2_session_consume(session_.native_->session, id_, bytes);
  session_.wants_flush();
}

long H2Stream::read_data(uint8_t* to, size_t size, uint32_t& flags) {
  const size_t count = std::min(size, backlog());
  std::memcpy(to, out_.data() + out_taken_, count);
  out_taken_ += count;
  if (backlog() == 0) {
    out_.clear();
    out_taken_ = 0;
  } else if (out_taken_ > kCutAfter && out_taken_ > backlog()) {
    out_.erase(0, std::exchange(out_taken_, 0));
  }
  if (was_backlogged_ && backlog() <= kStreamHighMark / 2) {
    was_backlogged_ = false;
    handler_->on_drained();
  }
  if (finishing_ && backlog() == 0) {
    flags |= NGHTTP2_DATA_FLAG_EOF;
    note_end();
    if (!trailers_.empty()) {
      flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
      const auto native = session_.native_->to_native(trailers_);
      nghttp2_submit_trailer(session_.native_->session, id_, native.data(), native.size());
    }
  } else if (count == 0) {
    deferred_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  return static_cast<long>(count);
}

}  // namespace argosy
