#include "parts/update_service/ctl/client.h"

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "io/tls/tls.h"

namespace argosy::update_service::ctl {
namespace {

constexpr size_t kMaxAnswerBytes = 64 * 1024 * 1024;
constexpr Duration kPatience = seconds(60);

struct Answer {
  int status = 0;
  Bytes body;
};

struct Ask {
  ServerAddress server;
  std::string method, target, token, body;
  TlsContext* tls = nullptr;
};

Task<Answer> exchange(UvLoop* loop, Ask ask) {
  auto stream = co_await loop->network().connect(
      {.host = ask.server.host, .port = ask.server.port, .unix_path = {}});
  if (ask.tls != nullptr) {
    stream = co_await ask.tls->handshake(*loop, std::move(stream), ask.server.host);
  }
  HttpConnection connection(*loop, std::move(stream),
                            format("{}:{}", ask.server.host, ask.server.port));
  Headers headers;
  if (!ask.token.empty()) headers.add("Authorization", format("Bearer {}", ask.token));
  if (!ask.body.empty()) headers.add("Content-Type", "application/json");
  const ResponseHead head = co_await connection.request(
      std::move(ask.method), std::move(ask.target), std::move(headers), std::move(ask.body));
  co_return Answer{.status = head.status, .body = co_await connection.read_all(kMaxAnswerBytes)};
}

Task<void> run(UvLoop* loop, Ask ask, Result<Answer>* outcome) {
  *outcome = co_await with_deadline(*loop, loop->now() + kPatience, exchange(loop, std::move(ask)));
  loop->stop();
}

}  // namespace

Result<ServerAddress> parse_server(std::string_view url) {
  ServerAddress server;
  std::string_view rest = url;
  while (rest.ends_with('/')) rest.remove_suffix(1);
  if (rest.starts_with("https://")) {
    server.is_secure = true;
    rest.remove_prefix(8);
  } else if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
  } else {
    return fail(Code::kInvalidArgument,
                format("the server is http://HOST:PORT or https://..., not {}", go_quote(url)));
  }
  const bool has_port = rest.rfind(':') != std::string_view::npos && !rest.ends_with(']');
  const std::string whole =
      has_port ? std::string(rest) : format("{}:{}", rest, server.is_secure ? 443 : 80);
  const Endpoint endpoint = TRY(parse_host_port(whole));
  server.host = endpoint.host;
  server.port = endpoint.port;
  return server;
}

Result<json::Value> Client::call(std::string method, std::string target, std::string body) const {
  UvLoop loop;
  std::unique_ptr<TlsContext> tls;
  if (server_.is_secure) {
    tls = TRY(TlsContext::make(false, {.verify_peer = !skips_tls_check_, .alpn = {"http/1.1"}}));
  }
  Result<Answer> outcome = fail(Code::kInternal, "no answer");
  {
    Scope scope(loop);
    scope.spawn(run(&loop,
                    {.server = server_,
                     .method = std::move(method),
                     .target = std::move(target),
                     .token = token_,
                     .body = std::move(body),
                     .tls = tls.get()},
                    &outcome));
    loop.run();
  }
  const Answer answer = TRY(std::move(outcome));
  if (answer.status == 204) return json::Value();
  auto value = json::parse(answer.body);
  if (answer.status == 200) return value;
  const std::string_view said = value ? value->text_of("description") : "";
  const Code code = answer.status == 404 ? Code::kNotFound : Code::kUnknown;
  if (said.empty()) return fail(code, format("the server answered {}", answer.status));
  return fail(code, std::string(said));
}

}  // namespace argosy::update_service::ctl
