// One gRPC call on a server: gathers request messages, runs the handler, sends what it
// says. Private to this folder.
#pragma once

#include "io/grpc/server.h"

namespace argosy::grpc {

class Call final : public Pooled,
                   public H2Stream::Handler,
                   private ServerStream,
                   private task_internal::Completion {
 public:
  Call(Server& server, H2Stream& stream);
  ~Call() override;

  void on_headers(Headers headers, bool last) override;
  void on_data(BytesView bytes) override;
  void on_finished() override;
  void on_drained() override;
  void on_close(uint32_t error_code) override;

 private:
  // As ServerStream.
  const CallInfo& info() const override { return info_; }
  Task<std::optional<Bytes>> read() override;
  void write(BytesView message) override;
  size_t backlog() const override { return stream_.backlog(); }
  Task<void> writable() override;

  void on_complete() override;
  void take_request();
  bool take_headers();
  bool take_metadata(std::string_view name, std::string_view value);
  void drop_handler();
  void start_stream();
  void send_response_headers();
  void end(Code code, std::string_view message);
  void end_trailers_only(Code code, std::string_view message);
  void account(Code code);
  void on_deadline();

  Server& server_;
  H2Stream& stream_;
  const Server::Method* method_ = nullptr;
  CallInfo info_;
  MessageReader reader_;
  std::optional<BytesView> request_;
  task_internal::Owner<Bytes> unary_;
  task_internal::Owner<void> streaming_;
  std::optional<Wakeup> readable_;
  std::optional<Wakeup> writable_;
  std::optional<Timer> deadline_;
  MonotonicTime began_;
  size_t unconsumed_ = 0;
  bool half_closed_ = false;
  bool headers_sent_ = false;
  bool ended_ = false;
};

}  // namespace argosy::grpc
