// An incremental HTTP/1.1 parser (RFC 9112) for either side; Boost.Beast inside, which
// only h1_parser.cc sees.
#pragma once

#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"
#include "io/http/headers.h"

namespace argosy {

class H1Parser {
 public:
  class Events {
   public:
    virtual ~Events() = default;
    // A request's method and target, or (status != 0) a response's status.
    // Not to be confused with the final answer: an interim one has a status below 200.
    virtual void on_head(std::string method, std::string target, int status, Headers headers) = 0;
    virtual void on_body(BytesView bytes) = 0;
    // The message is whole.
    virtual void on_message_end() = 0;
  };

  // Heads are at most `header_limit` bytes; bodies have no limit here.
  H1Parser(bool parses_requests, Events& events, size_t header_limit = 64 * 1024);
  ~H1Parser();

  // Parses as much as it can, at most to the end of one message, and says how many
  // bytes it used; the caller offers the rest again, with what has come since. A head
  // over the limit is ResourceExhausted, anything else that is wrong InvalidArgument;
  // nothing may be offered after that.
  Result<size_t> parse(BytesView bytes);
  // The connection ended: fails if a message was under way that needed more.
  Result<void> end_of_input();
  // After on_message_end: ready for the next.
  void reset();

  bool in_message() const;
  bool is_done() const;
  bool is_keep_alive() const;
  // HTTP/1.0, which knows no chunks.
  bool is_old_version() const;
  // A client's: the request had this method HEAD, so the response has no body.
  void expect_no_body();

  struct Impl;

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace argosy
