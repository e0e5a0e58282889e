// A server's HTTP/1.1 connection: one request after the other. Private to this folder.
#pragma once

#include "io/http/exchange.h"
#include "io/http/h1_parser.h"

namespace argosy {

class H1Connection final : private Stream::Reader, private H1Parser::Events {
 public:
  H1Connection(Loop& loop, std::unique_ptr<Stream> stream, const HttpHandler& handler,
               Duration head_timeout, std::function<void()> on_closed);
  ~H1Connection() override;

  void start(BytesView first);
  void close_when_idle();

 private:
  class Served;

  void on_bytes(BytesView bytes) override;
  void on_end(std::optional<Error> error) override;
  void on_drained() override;
  void on_head(std::string method, std::string target, int status, Headers headers) override;
  void on_body(BytesView bytes) override;
  void on_message_end() override;

  void parse();
  void run_served();
  void refuse(const Error& error);
  void answer_refusal(const Error& error);
  void finish_closing();
  void served();
  void next();
  void close();

  Loop& loop_;
  std::unique_ptr<Stream> stream_;
  const HttpHandler& handler_;
  Duration head_timeout_;
  std::function<void()> on_closed_;
  H1Parser parser_;
  Bytes pending_;
  std::unique_ptr<Served> served_;
  Timer head_timer_;
  bool closing_ = false;  // no more requests
  bool deaf_ = false;     // what comes is not looked at any more
  bool closed_ = false;
  class Next final : public Runnable {
   public:
    explicit Next(H1Connection& connection) : connection_(connection) {}
    void run() override { connection_.next(); }

   private:
    H1Connection& connection_;
  };
  Next next_{*this};
};

}  // namespace argosy
