// The service's API from outside: one request at a time, waiting for its answer. One thread.
#pragma once

#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/result.h"
#include "io/loop/uv_loop.h"
#include "io/task/task.h"
#include "lib/json/json.h"

namespace argosy {
class TlsContext;
}

namespace argosy::update_service::ctl {

struct ServerAddress {
  bool is_secure = false;
  std::string host;
  uint16_t port = 0;
};
// "http://localhost:8000", a trailing "/" or none.
Result<ServerAddress> parse_server(std::string_view url);

class Client {
 public:
  // `is_chatty`: each request and what came of it are printed on stderr.
  Client(ServerAddress server, std::string token, bool skips_tls_check, bool is_chatty = false)
      : server_(std::move(server)),
        token_(std::move(token)),
        skips_tls_check_(skips_tls_check),
        is_chatty_(is_chatty) {}
  // For another server, which does not get the token.
  Client at(ServerAddress other) const {
    return Client(std::move(other), "", skips_tls_check_, is_chatty_);
  }

  // Null for an answer without a body. The error of a refusal has the service's own words;
  // NotFound for 404.
  Result<json::Value> call(std::string method, std::string target, std::string body = "") const;
  // The file as the body, in pieces.
  Result<json::Value> send_file(std::string method, std::string target,
                                const std::string& path) const;
  // The answer's body in pieces; `size` of what is expected, for how long to wait.
  Result<void> fetch(std::string target, uint64_t size,
                     std::function<Result<void>(BytesView)> take) const;
  // The same for who has a loop of their own: the body of an answer 200. Without the token.
  Task<Bytes> post(UvLoop& loop, std::string target, std::string content_type,
                   std::string body) const;

 private:
  struct Ask;
  struct Answer;
  static Task<Answer> exchange(UvLoop* loop, Ask ask);
  static Task<void> run(UvLoop* loop, Ask ask, Result<Answer>* outcome);
  static Result<json::Value> read_answer(const Answer& answer);
  Result<std::unique_ptr<TlsContext>> tls() const;
  Result<Answer> send(Ask ask) const;

  ServerAddress server_;
  std::string token_;
  bool skips_tls_check_;
  bool is_chatty_;
};

}  // namespace argosy::update_service::ctl
