#include <cstring>

#include "base/check.h"
#include "io/http/h2_native.h"
#include "io/http/h2_rules.h"

namespace argosy {
namespace {

BytesView view(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<uint8_t*>(const_cast<char*>(text.data()));
}

}  // namespace

std::span<const nghttp2_nv> H2Session::Native::to_native(std::span<const HeaderView> headers) {
  constexpr uint8_t kKept = NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE;
  fields.resize(headers.size());
  nghttp2_nv* to = fields.data();
  for (const HeaderView& header : headers) {
    *to++ = {bytes_of(header.name), bytes_of(header.value), header.name.size(), header.value.size(),
             static_cast<uint8_t>(header.is_constant ? kKept : NGHTTP2_NV_FLAG_NONE)};
  }
  return fields;
}

int H2Session::Callbacks::begin_headers(nghttp2_session*, const nghttp2_frame*, void* user) {
  self(user).incoming_.clear();
  return 0;
}

int H2Session::Callbacks::header(nghttp2_session*, const nghttp2_frame*, const uint8_t* name,
                                 size_t name_size, const uint8_t* value, size_t value_size, uint8_t,
                                 void* user) {
  H2Session& session = self(user);
  session.incoming_.add(view(name, name_size), view(value, value_size));
  return session.incoming_.counted_size() > session.options_.max_header_bytes
             ? NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE
             : 0;
}

void H2Session::Callbacks::refuse(H2Session& session, int32_t id) {
  nghttp2_submit_rst_stream(session.native_->session, NGHTTP2_FLAG_NONE, id,
                            NGHTTP2_PROTOCOL_ERROR);
}

void H2Session::Callbacks::end_remote(H2Stream& stream) {
  if (stream.body_left_.value_or(0) > 0) return stream.reset(NGHTTP2_PROTOCOL_ERROR);
  stream.remote_done_ = true;
  stream.handler_->on_finished();
}

int H2Session::Callbacks::frame_recv(nghttp2_session*, const nghttp2_frame* frame, void* user) {
  H2Session& session = self(user);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      on_headers_frame(session, *frame);
      break;
    case NGHTTP2_DATA:
      if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
        H2Stream* stream = session.find(frame->hd.stream_id);
        if (stream != nullptr) end_remote(*stream);
      }
      break;
    case NGHTTP2_PING:
      if ((frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
        session.on_ping();
      } else if (std::memcmp(frame->ping.opaque_data, kGoodbyePing, 8) == 0) {
        session.say_goodbye();
      }
      break;
    case NGHTTP2_GOAWAY:
      session.on_goaway_received(frame->goaway.error_code,
                                 view(frame->goaway.opaque_data, frame->goaway.opaque_data_len));
      break;
    default:
      break;
  }
  return 0;
}

void H2Session::Callbacks::on_headers_frame(H2Session& session, const nghttp2_frame& frame) {
  const int32_t id = frame.hd.stream_id;
  const bool last = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
  H2Stream* stream = session.find(id);
  if (stream == nullptr) {
    if (!session.options_.is_server) return;
    if (!is_well_formed_request(session.incoming_)) return refuse(session, id);
    stream = &session.adopt(session.make_stream(id));
    stream->fields_.swap(session.incoming_);
    stream->body_left_ = content_length(stream->fields_);
    stream->handler_ = session.accept_(*stream);
    check(stream->handler_ != nullptr, "each request has a handler");
  } else if (session.options_.is_server &&
             (!last || !are_well_formed_trailers(session.incoming_))) {
    return stream->reset(NGHTTP2_PROTOCOL_ERROR);
  } else {
    stream->handler_->on_headers(session.incoming_.to_headers(), last);
  }
  if (last) end_remote(*stream);
}

int H2Session::Callbacks::data(nghttp2_session* native, uint8_t, int32_t id, const uint8_t* bytes,
                               size_t size, void* user) {
  if (H2Stream* stream = self(user).find(id)) {
    stream->unconsumed_ += size;
    if (stream->body_left_) {
      if (size > *stream->body_left_) {
        stream->reset(NGHTTP2_PROTOCOL_ERROR);
        return 0;
      }
      *stream->body_left_ -= size;
    }
    stream->handler_->on_data(view(bytes, size));
  } else {
    nghttp2_session_consume_connection(native, size);
  }
  return 0;
}

int H2Session::Callbacks::stream_close(nghttp2_session*, int32_t id, uint32_t error_code,
                                       void* user) {
  self(user).on_stream_close(id, error_code);
  return 0;
}

int H2Session::Callbacks::frame_send(nghttp2_session* native, const nghttp2_frame* frame,
                                     void* user) {
  H2Session& session = self(user);
  if (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS) return 0;
  session.pings_forgiven_ = true;
  // A server that has answered before the request ended wants no more of it
  // (RFC 9113 section 8.1).
  if (session.early_ends_ > 0 && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0 &&
      nghttp2_session_get_stream_remote_close(native, frame->hd.stream_id) == 0) {
    --session.early_ends_;
    nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE, frame->hd.stream_id, NGHTTP2_NO_ERROR);
  }
  return 0;
}

ssize_t H2Session::Callbacks::read(nghttp2_session*, int32_t, uint8_t* to, size_t size,
                                   uint32_t* flags, nghttp2_data_source* source, void*) {
  return static_cast<H2Stream*>(source->ptr)->read_data(to, size, *flags);
}

const nghttp2_session_callbacks* H2Session::Callbacks::table() {
  static const nghttp2_session_callbacks* const made = [] {
    nghttp2_session_callbacks* callbacks = nullptr;
    check(nghttp2_session_callbacks_new(&callbacks) == 0);
    nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_recv);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_close);
    nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, frame_send);
    return callbacks;
  }();
  return made;
}

}  // namespace argosy
