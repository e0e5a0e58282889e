// A client's HTTP/1.1 connection: one request at a time, with the body and the
// response as streams, since some of the originals' responses never end.
#pragma once

#include <deque>

#include "io/http/h1_parser.h"
#include "io/net/stream.h"
#include "io/task/wait.h"

namespace argosy {

struct ResponseHead {
  int status = 0;
  Headers headers;
};

class HttpConnection final : private Stream::Reader, private H1Parser::Events {
 public:
  // `host` is what the header Host says.
  HttpConnection(Loop& loop, std::unique_ptr<Stream> stream, std::string host);

  // Sends a whole request and waits for the response's head.
  Task<ResponseHead> request(std::string method, std::string target, Headers headers, Bytes body);

  // Or in pieces: the head (with a content-length among the headers), the body, the
  // response's head.
  void begin(std::string_view method, std::string_view target, const Headers& headers);
  void write(BytesView bytes) { stream_->write(bytes); }
  Task<void> writable();
  Task<ResponseHead> response();

  // The next piece of the response's body, or nothing at its end.
  Task<std::optional<Bytes>> read();
  Task<Bytes> read_all(size_t limit);

  // After the whole response: another request may follow.
  bool is_reusable() const;

 private:
  void on_bytes(BytesView bytes) override;
  void on_end(std::optional<Error> error) override;
  void on_drained() override { writable_.notify_all(); }
  void on_head(std::string method, std::string target, int status, Headers headers) override;
  void on_body(BytesView bytes) override;
  void on_message_end() override;
  void broke(Error error);

  std::unique_ptr<Stream> stream_;
  std::string host_;
  H1Parser parser_;
  Bytes unparsed_;
  std::optional<ResponseHead> head_;
  std::deque<Bytes> body_;
  size_t buffered_ = 0;
  bool whole_ = false;
  bool used_ = false;
  bool is_head_ = false;  // the request's method is HEAD
  bool interim_ = false;  // what is being parsed comes before the answer
  std::optional<Error> error_;
  Wakeup changed_;
  Wakeup writable_;
};

}  // namespace argosy
