// One HTTP request being served, over HTTP/1.1 or HTTP/2 alike.
#pragma once

#include <deque>
#include <functional>

#include "io/http/headers.h"
#include "io/net/stream.h"
#include "io/task/wait.h"

namespace argosy {

struct RequestHead {
  std::string method;
  std::string target;  // path and query, as sent
  std::string host;
  Headers headers;
  bool is_http2 = false;

  std::string_view path() const;   // without the query
  std::string_view query() const;  // without the '?'
};

class Exchange {
 public:
  explicit Exchange(Loop& loop) : loop_(loop), readable_(loop), writable_(loop) {}
  virtual ~Exchange() = default;

  const RequestHead& head() const { return head_; }
  Loop& loop() const { return loop_; }
  virtual const std::string& peer_address() const = 0;
  virtual const TlsPeer* tls() const = 0;

  // The next piece of the body, or nothing at its end.
  Task<std::optional<Bytes>> read();
  // All of the body; ResourceExhausted when it is larger than `limit`.
  Task<Bytes> read_all(size_t limit);

  // A field of every whole response to this request, whoever gives it.
  void always_send(std::string_view name, std::string_view value) { always_.add(name, value); }
  // A whole response, with its date.
  void respond(int status, std::string_view content_type, BytesView body, Headers more = {});
  // One line of plain text, in the manner of Go's http.Error.
  void respond_text(int status, std::string_view line, Headers more = {});
  // Or in pieces: start, any number of writes, finish. Without a content-length the
  // body is chunked. Written bodies of answers that have none (to HEAD, 204, 304) are
  // dropped.
  virtual void start(int status, const Headers& headers) = 0;
  virtual void write(BytesView bytes) = 0;
  virtual void finish() = 0;
  // Waits until what was written has mostly left.
  Task<void> writable();
  bool has_started() const { return started_; }
  bool has_finished() const { return finished_; }

 protected:
  virtual size_t backlog() const = 0;
  // The handler has taken so much of the body.
  virtual void consumed(size_t bytes) = 0;
  // The handler waits for a piece of the body that has not come.
  virtual void is_wanting() {}
  bool may_have_body(int status) const {
    return head_.method != "HEAD" && status >= 200 && status != 204 && status != 304;
  }

  void body_arrived(BytesView bytes);
  void body_ended();
  void body_broke(Error error);
  void drained() { writable_.notify_all(); }

  RequestHead head_;
  bool started_ = false;
  bool finished_ = false;
  bool body_done_ = false;

 private:
  Loop& loop_;
  Headers always_;
  std::deque<Bytes> body_;
  std::optional<Error> body_error_;
  Wakeup readable_;
  Wakeup writable_;
};

// Serves one request. Ending with an error before start() answers 500 with its text;
// after start() it breaks the connection (HTTP/1.1) or resets the stream (HTTP/2).
using HttpHandler = std::function<Task<void>(Exchange&)>;

// "Not Found" and so on (RFC 9110); empty for a status without a name.
std::string_view status_text(int status);

// "%2F" and, in queries, '+': the value of a key, or nothing. Repeated keys: the first.
std::optional<std::string> query_value(std::string_view query, std::string_view key);
std::vector<std::string> query_values(std::string_view query, std::string_view key);
std::string url_decode(std::string_view text, bool plus_is_space);

}  // namespace argosy
