#include "io/grpc/client_call.h"

#include <list>
#include <nghttp2/nghttp2.h>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"

namespace argosy::grpc {

namespace {

// As grpc-go maps them (HTTP/2 error codes: RFC 9113 section 7).
Error close_error(uint32_t error_code) {
  if (error_code == H2Stream::kConnectionLost) {
    return Error(Code::kUnavailable, "error reading from server: EOF");
  }
  const auto code = [&] {
    switch (error_code) {
      case NGHTTP2_REFUSED_STREAM:
        return Code::kUnavailable;
      case NGHTTP2_CANCEL:
        return Code::kCancelled;
      case NGHTTP2_ENHANCE_YOUR_CALM:
        return Code::kResourceExhausted;
      case NGHTTP2_INADEQUATE_SECURITY:
        return Code::kPermissionDenied;
      default:
        return Code::kInternal;
    }
  }();
  return Error(code, format("stream terminated by RST_STREAM with error code: {}",
                            nghttp2_http2_strerror(error_code)));
}

// grpc.github.io, "HTTP to gRPC Status Code Mapping".
Code code_of_http_status(int status) {
  switch (status) {
    case 400:
      return Code::kInternal;
    case 401:
      return Code::kUnauthenticated;
    case 403:
      return Code::kPermissionDenied;
    case 404:
      return Code::kUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return Code::kUnavailable;
    default:
      return Code::kUnknown;
  }
}

}  // namespace

class ClientCall::Handler final : public H2Stream::Handler {
 public:
  explicit Handler(ClientCall& call) : call_(&call) {}
  ~Handler() override { lose(Error(Code::kUnavailable, "transport is closing")); }
  void forget() { call_ = nullptr; }

  void on_headers(Headers headers, bool last) override {
    if (call_ == nullptr) return;
    const auto status = parse_int(headers.value_of(":status"));
    if (status) http_status_ = static_cast<int>(*status);
    if (const std::string* encoding = headers.find("grpc-encoding")) {
      call_->reader_.set_encoding(*encoding);
    }
    if (last) {
      call_->take_status(headers, http_status_);
    } else if (http_status_ != 200) {
      // Not gRPC, a proxy perhaps; what it says more is of no use.
      call_->take_status({}, http_status_);
    }
  }
  void on_data(BytesView bytes) override {
    if (call_ == nullptr) return;
    call_->reader_.feed(bytes);
    call_->unconsumed_ += bytes.size();
    call_->changed_.notify_all();
  }
  void on_finished() override {
    if (call_ != nullptr && !call_->status_) call_->take_status({}, http_status_);
  }
  void on_drained() override {
    if (call_ != nullptr) call_->changed_.notify_all();
  }
  void on_close(uint32_t error_code) override {
    if (call_ != nullptr) call_->refused_ = error_code == NGHTTP2_REFUSED_STREAM;
    lose(close_error(error_code));
  }

 private:
  void lose(Error error) {
    if (call_ == nullptr) return;
    call_->stream_ = nullptr;
    call_->handler_ = nullptr;
    if (!call_->status_) call_->status_ = fail(std::move(error));
    call_->changed_.notify_all();
    call_ = nullptr;
  }

  ClientCall* call_;
  int http_status_ = 0;
};

ClientCall::ClientCall(Loop& loop, size_t max_receive)
    : loop_(loop), reader_(max_receive), changed_(loop) {}

ClientCall::~ClientCall() {
  leave_stream();
}

void ClientCall::leave_stream() {
  if (handler_ != nullptr) std::exchange(handler_, nullptr)->forget();
  if (stream_ != nullptr) std::exchange(stream_, nullptr)->reset(NGHTTP2_CANCEL);
}

void ClientCall::on_deadline() {
  if (status_) return;
  leave_stream();
  status_ = fail(Code::kDeadlineExceeded, "context deadline exceeded");
  changed_.notify_all();
}

Result<void> ClientCall::start(H2Session& session, std::string_view path,
                               std::string_view authority, bool is_secure,
                               const CallOptions& options) {
  std::string timeout;
  std::vector<HeaderView> headers{{":method", "POST", true},
                                  {":scheme", is_secure ? "https" : "http", true},
                                  {":path", path},
                                  {":authority", authority},
                                  {"content-type", "application/grpc", true},
                                  {"te", "trailers", true}};
  if (options.deadline) {
    timeout = timeout_text((*options.deadline - loop_.now()).count());
    headers.push_back({"grpc-timeout", timeout});
    deadline_.emplace(loop_, [this] { on_deadline(); });
    deadline_->arm_at(*options.deadline);
  }
  std::list<std::string> encoded;
  for (const Header& header : options.metadata) {
    std::string_view value = header.value;
    if (header.name.ends_with("-bin")) {
      value = encoded.emplace_back(encode_binary_metadata(header.value));
    }
    headers.push_back({header.name, value});
  }
  auto handler = std::make_unique<Handler>(*this);
  handler_ = handler.get();
  stream_ = session.open(headers, false, std::move(handler));
  if (stream_ == nullptr) return fail(Code::kUnavailable, "transport is closing");
  return {};
}

void ClientCall::write(BytesView message) {
  if (stream_ == nullptr) return;
  check(message.size() <= UINT32_MAX, "a message's length has 32 bits");
  char header[kFrameHeader];
  header[0] = 0;
  store_be32(header + 1, static_cast<uint32_t>(message.size()));
  stream_->send_data(BytesView(header, sizeof header));
  stream_->send_data(message);
}

void ClientCall::finish_writing() {
  if (stream_ != nullptr) stream_->finish();
}

void ClientCall::take_status(const Headers& trailers, int http_status) {
  if (status_) return;
  if (deadline_) deadline_->disarm();
  const auto number = parse_int(trailers.value_of("grpc-status"));
  if (!number) {
    status_ = fail(code_of_http_status(http_status),
                   format("unexpected HTTP status code received from server: {}", http_status));
  } else if (*number == 0) {
    status_ = Result<void>{};
  } else {
    const bool known = *number > 0 && *number <= static_cast<int>(Code::kUnauthenticated);
    status_ = fail(known ? static_cast<Code>(*number) : Code::kUnknown,
                   percent_decode(trailers.value_of("grpc-message")));
  }
  changed_.notify_all();
}

Result<std::optional<Bytes>> ClientCall::next_message() {
  const auto message = TRY(reader_.next());
  std::optional<Bytes> owned;
  if (message) owned.emplace(*message);
  // A message larger than the window could never arrive if its bytes held it shut.
  const size_t keep = message ? reader_.buffered() : 0;
  if (stream_ != nullptr && unconsumed_ > keep) {
    stream_->consumed(unconsumed_ - keep);
    unconsumed_ = keep;
  }
  return owned;
}

Task<void> ClientCall::writable() {
  while (backlog() > kStreamHighMark) co_await changed_.wait();
}

Task<std::optional<Bytes>> ClientCall::read() {
  while (true) {
    std::optional<Bytes> message = co_await next_message();
    if (message) co_return std::move(message);
    if (status_) {
      if (!*status_) co_return fail(status_->error());
      co_return std::nullopt;
    }
    co_await changed_.wait();
  }
}

}  // namespace argosy::grpc
