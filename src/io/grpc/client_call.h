// One call on a client's HTTP/2 stream. Private to this folder.
#pragma once

#include "io/grpc/channel.h"

namespace argosy::grpc {

// The handler is the session's; what the caller holds outlives it or not: whoever dies
// first tells the other.
class ClientCall final : public ClientStream {
 public:
  ClientCall(Loop& loop, size_t max_receive);
  ~ClientCall() override;

  // Sends the request's fields; fails when the session takes no more.
  Result<void> start(H2Session& session, std::string_view path, std::string_view authority,
                     bool is_secure, const CallOptions& options);

  void write(BytesView message) override;
  void finish_writing() override;
  Task<std::optional<Bytes>> read() override;
  size_t backlog() const override { return stream_ != nullptr ? stream_->backlog() : 0; }
  Task<void> writable() override;
  // The server never saw it: it may be sent again.
  bool was_refused() const { return refused_; }

 private:
  class Handler;
  void take_status(const Headers& trailers, int http_status);
  Result<std::optional<Bytes>> next_message();
  void on_deadline();
  void leave_stream();

  Loop& loop_;
  MessageReader reader_;
  H2Stream* stream_ = nullptr;
  Handler* handler_ = nullptr;
  size_t unconsumed_ = 0;
  bool refused_ = false;
  std::optional<Timer> deadline_;
  std::optional<Result<void>> status_;
  Wakeup changed_;
};

}  // namespace argosy::grpc
