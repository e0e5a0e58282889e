#include "io/grpc/client_call.h"

#include <nghttp2/nghttp2.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy::grpc {

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
    if (last) call_->take_status(headers, http_status_);
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
  void on_close(uint32_t error_code) override {
    lose(error_code == NGHTTP2_REFUSED_STREAM
             ? Error(Code::kUnavailable, "the server refused the stream")
             : Error(Code::kUnavailable,
                     format("the stream was closed with error code {}", error_code)));
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
  if (handler_ != nullptr) handler_->forget();
  if (stream_ != nullptr) stream_->reset(NGHTTP2_CANCEL);
}

Result<void> ClientCall::start(H2Session& session, std::string_view path,
                               std::string_view authority, bool is_secure,
                               const CallOptions& options) {
  std::string timeout;
  std::vector<HeaderView> headers{{":method", "POST"},
                                  {":scheme", is_secure ? "https" : "http"},
                                  {":path", path},
                                  {":authority", authority},
                                  {"content-type", "application/grpc"},
                                  {"te", "trailers"}};
  if (options.deadline) {
    timeout = timeout_text((*options.deadline - loop_.now()).count());
    headers.push_back({"grpc-timeout", timeout});
  }
  for (const Header& header : options.metadata) headers.push_back({header.name, header.value});
  auto handler = std::make_unique<Handler>(*this);
  handler_ = handler.get();
  stream_ = session.open(headers, false, std::move(handler));
  if (stream_ == nullptr) return fail(Code::kUnavailable, "transport is closing");
  return {};
}

void ClientCall::write(BytesView message) {
  if (stream_ == nullptr) return;
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
  const auto number = parse_int(trailers.value_of("grpc-status"));
  if (!number) {
    status_ = fail(Code::kUnknown, format("no grpc-status; HTTP status {}", http_status));
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
