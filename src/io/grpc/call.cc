#include "io/grpc/call.h"

#include <charconv>
#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "base/format.h"

namespace argosy::grpc {
namespace {

constexpr HeaderView kResponseHeaders[] = {{":status", "200", true},
                                           {"content-type", "application/grpc", true}};
constexpr HeaderView kOkTrailers[] = {{"grpc-status", "0", true}, {"grpc-message", "", true}};

// A call's unread bytes fill its window; from here on a unary one, which reads all that
// comes, says that it has.
constexpr size_t kConsumeAfter = 16 * 1024;

// What gRPC and HTTP/2 say to each other is no metadata.
bool is_metadata(std::string_view name) {
  switch (name.front()) {
    case ':':
      return false;
    case 'c':
      return name != "content-type" && name != "content-length";
    case 'g':
      return !name.starts_with("grpc-");
    case 't':
      return name != "te";
    case 'u':
      return name != "user-agent";
    default:
      return true;
  }
}

}  // namespace

Call::Call(Server& server, H2Stream& stream)
    : server_(server),
      stream_(stream),
      reader_(server.limits_.max_receive),
      began_(server.loop_.now()) {
  if (!take_headers()) return;
  if (server_.observer_ != nullptr) server_.observer_->on_started(method_->id);
  if (method_->kind != CallKind::kUnary) start_stream();
}

// The handler's frame may reach for this call while it is destroyed.
Call::~Call() {
  drop_handler();
}

void Call::drop_handler() {
  unary_ = {};
  streaming_ = {};
}

bool Call::take_headers() {
  for (const auto field : stream_.fields()) {
    if (is_metadata(field.name)) {
      if (!take_metadata(field.name, field.value)) return false;
    } else if (field.name == ":path") {
      info_.path = field.value;
    } else if (field.name == "grpc-encoding") {
      reader_.set_encoding(field.value);
    } else if (field.name == "grpc-timeout") {
      const auto timeout = parse_timeout_nanoseconds(field.value);
      if (!timeout) {
        end(Code::kInternal, "malformed grpc-timeout");
        return false;
      }
      // A deadline beyond a century is none, and would overflow the clock.
      if (*timeout < INT64_MAX / 4) info_.deadline = began_ + Duration(*timeout);
    }
  }
  info_.peer_address = stream_.session().transport().peer_address();
  info_.tls = stream_.session().transport().tls();
  method_ = server_.find(info_.path);
  if (method_ == nullptr) {
    end(Code::kUnimplemented, server_.unknown_text(info_.path));
    return false;
  }
  if (info_.deadline) {
    deadline_.emplace(server_.loop_, [this] { on_deadline(); });
    deadline_->arm_at(*info_.deadline);
  }
  return true;
}

bool Call::take_metadata(std::string_view name, std::string_view value) {
  if (!name.ends_with("-bin")) {
    info_.metadata.add(name, value);
    return true;
  }
  const auto values = decode_binary_metadata(value);
  if (!values) {
    end(Code::kInternal, format("malformed binary metadata in {}", name));
    return false;
  }
  for (const Bytes& one : *values) info_.metadata.add(name, one);
  return true;
}

void Call::start_stream() {
  readable_.emplace(server_.loop_);
  writable_.emplace(server_.loop_);
  streaming_ = method_->stream(*this).take_owner();
  streaming_.get().promise().completion = this;
  streaming_.get().resume();
}

void Call::on_headers(Headers, bool) {}

void Call::on_data(BytesView bytes) {
  if (server_.observer_ != nullptr) server_.observer_->on_bytes(bytes.size(), 0);
  if (ended_) return stream_.consumed(bytes.size());
  unconsumed_ += bytes.size();
  if (method_->kind != CallKind::kUnary) {
    reader_.feed(bytes);
    return readable_->notify_all();
  }
  if (unconsumed_ >= kConsumeAfter) stream_.consumed(std::exchange(unconsumed_, 0));
  if (bytes.empty()) return;
  if (request_) return end(Code::kInternal, "grpc: more than one message in a call");
  reader_.feed(bytes);
  // Refuse what is too large before it has all arrived.
  take_request();
}

void Call::take_request() {
  auto message = reader_.next();
  if (!message) return end(message.error().code(), message.error().message());
  if (!*message) return;
  request_ = **message;
}

void Call::on_finished() {
  half_closed_ = true;
  if (ended_) return;
  if (method_->kind != CallKind::kUnary) return readable_->notify_all();
  if (!request_) return end(Code::kInternal, "grpc: the request ended before its message");
  if (reader_.has_partial()) return end(Code::kInternal, "grpc: more than one message in a call");
  if (server_.observer_ != nullptr) server_.observer_->on_received(method_->id);
  unary_ = method_->unary(info_, *request_).take_owner();
  unary_.get().promise().completion = this;
  unary_.get().resume();
}

void Call::on_complete() {
  if (unary_.get()) {
    auto& promise = unary_.get().promise();
    if (promise.error) return end(promise.error->code(), promise.error->message());
    write(*promise.value);
    return end(Code::kOk, {});
  }
  auto& promise = streaming_.get().promise();
  if (promise.error) return end(promise.error->code(), promise.error->message());
  end(Code::kOk, {});
}

Task<std::optional<Bytes>> Call::read() {
  while (true) {
    const std::optional<BytesView> message = co_await reader_.next();
    // The windows open again as far as messages have been taken.
    const size_t left = reader_.buffered();
    if (unconsumed_ > left) {
      stream_.consumed(unconsumed_ - left);
      unconsumed_ = left;
    }
    if (message) {
      if (server_.observer_ != nullptr) server_.observer_->on_received(method_->id);
      co_return Bytes(*message);
    }
    if (half_closed_) {
      if (reader_.has_partial()) co_return fail(Code::kInternal, "unexpected EOF");
      co_return std::nullopt;
    }
    // A message larger than the window could never arrive: open it for the rest.
    if (unconsumed_ > 0) {
      stream_.consumed(unconsumed_);
      unconsumed_ = 0;
    }
    co_await readable_->wait();
  }
}

void Call::write(BytesView message) {
  if (ended_) return;
  send_response_headers();
  check(message.size() <= UINT32_MAX, "a message's length has 32 bits");
  char header[kFrameHeader];
  header[0] = 0;
  store_be32(header + 1, static_cast<uint32_t>(message.size()));
  stream_.send_data(BytesView(header, sizeof header));
  stream_.send_data(message);
  if (server_.observer_ == nullptr) return;
  server_.observer_->on_sent(method_->id);
  server_.observer_->on_bytes(0, message.size() + kFrameHeader);
}

Task<void> Call::writable() {
  while (stream_.backlog() > kStreamHighMark) co_await writable_->wait();
}

void Call::on_drained() {
  if (writable_) writable_->notify_all();
}

void Call::send_response_headers() {
  if (std::exchange(headers_sent_, true)) return;
  stream_.send_headers(kResponseHeaders, false);
}

void Call::end(Code code, std::string_view message) {
  if (std::exchange(ended_, true)) return;
  if (deadline_) deadline_->disarm();
  account(code);
  // The client may still be sending what nobody reads.
  stream_.consumed(std::exchange(unconsumed_, 0));
  if (!headers_sent_ && code != Code::kOk) {
    end_trailers_only(code, message);
  } else if (code == Code::kOk) {
    send_response_headers();
    stream_.finish(kOkTrailers);
  } else {
    const std::string number = std::to_string(static_cast<int>(code));
    const std::string text = percent_encode(message);
    const HeaderView trailers[] = {{"grpc-status", number}, {"grpc-message", text}};
    stream_.finish(trailers);
  }
}

void Call::end_trailers_only(Code code, std::string_view message) {
  headers_sent_ = true;
  const std::string number = std::to_string(static_cast<int>(code));
  const std::string text = percent_encode(message);
  const HeaderView headers[] = {{":status", "200"},
                                {"content-type", "application/grpc"},
                                {"grpc-status", number},
                                {"grpc-message", text}};
  stream_.send_headers(headers, true);
}

void Call::account(Code code) {
  if (server_.observer_ == nullptr || method_ == nullptr) return;
  server_.observer_->on_handled(method_->id, code, server_.loop_.now() - began_);
}

void Call::on_deadline() {
  drop_handler();
  end(Code::kDeadlineExceeded, "context deadline exceeded");
}

void Call::on_close(uint32_t error_code) {
  deadline_.reset();
  drop_handler();
  if (std::exchange(ended_, true)) return;
  account(error_code == NGHTTP2_NO_ERROR ? Code::kUnknown : Code::kCancelled);
}

}  // namespace argosy::grpc
