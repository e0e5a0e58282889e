#include "parts/update_service/ctl/client.h"

#include <algorithm>
#include <cstdio>

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/task/scope.h"
#include "io/tls/tls.h"
#include "sys/file/disk.h"

namespace argosy::update_service::ctl {
namespace {

constexpr size_t kMaxAnswerBytes = 64 * 1024 * 1024;
constexpr Duration kPatience = seconds(60);

constexpr size_t kPiece = size_t{256} * 1024;
constexpr uint64_t kSlowest = 64 * 1024;  // bytes a second that a payload has to move

std::string_view refusal_of(const Result<json::Value>& value) {
  return value ? value->text_of("description") : std::string_view();
}

Task<void> send_body(HttpConnection& connection, File& file, uint64_t size) {
  Bytes piece(kPiece, '\0');
  for (uint64_t sent = 0; sent < size;) {
    const size_t got = co_await file.read_at(sent, piece.data(), piece.size());
    if (got == 0) co_await failure(Code::kDataLoss, "the file has become shorter");
    connection.write(BytesView(piece).substr(0, std::min<uint64_t>(got, size - sent)));
    sent += got;
    // An answer may have come before the end; response() says so, or what is wrong.
    if (!co_await result(connection.writable())) co_return;
  }
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

struct Client::Answer {
  int status = 0;
  Bytes body;
};

struct Client::Ask {
  ServerAddress server{};
  std::string method, target;
  std::string token{};
  std::string body{};
  std::string content_type = "application/json";
  File* file = nullptr;  // the body instead
  uint64_t size = 0;     // of the payload, whoever sends it
  std::function<Result<void>(BytesView)> take{};
  TlsContext* tls = nullptr;
};

Task<Client::Answer> Client::exchange(UvLoop* loop, Ask ask) {
  auto stream = co_await loop->network().connect(
      {.host = ask.server.host, .port = ask.server.port, .unix_path = {}});
  if (ask.tls != nullptr) {
    stream = co_await ask.tls->handshake(*loop, std::move(stream), ask.server.host);
  }
  HttpConnection connection(*loop, std::move(stream),
                            format("{}:{}", ask.server.host, ask.server.port));
  Headers headers;
  if (!ask.token.empty()) headers.add("Authorization", format("Bearer {}", ask.token));
  if (!ask.body.empty()) headers.add("Content-Type", ask.content_type);
  Answer answer;
  if (ask.file != nullptr) {
    headers.add("Content-Type", "application/octet-stream");
    headers.add("Content-Length", format("{}", ask.size));
    connection.begin(ask.method, ask.target, headers);
    co_await send_body(connection, *ask.file, ask.size);
    answer.status = (co_await connection.response()).status;
  } else {
    answer.status = (co_await connection.request(std::move(ask.method), std::move(ask.target),
                                                 std::move(headers), std::move(ask.body)))
                        .status;
  }
  if (!ask.take || answer.status != 200) {
    answer.body = co_await connection.read_all(kMaxAnswerBytes);
    co_return answer;
  }
  while (auto piece = co_await connection.read()) co_await ask.take(*piece);
  co_return answer;
}

Task<void> Client::run(UvLoop* loop, Ask ask, Result<Answer>* outcome) {
  const Duration patience = kPatience + seconds(ask.size / kSlowest);
  *outcome = co_await with_deadline(*loop, loop->now() + patience, exchange(loop, std::move(ask)));
  loop->stop();
}

Result<std::unique_ptr<TlsContext>> Client::tls() const {
  if (!server_.is_secure) return nullptr;
  return TlsContext::make(false, {.verify_peer = !skips_tls_check_, .alpn = {"http/1.1"}});
}

Task<Bytes> Client::post(UvLoop& loop, std::string target, std::string content_type,
                         std::string body) const {
  const auto secure = co_await tls();
  if (is_chatty_) std::fprintf(stderr, "Request: POST %s %s\n", target.c_str(), body.c_str());
  Answer answer =
      co_await co_await with_deadline(loop, loop.now() + kPatience,
                                      exchange(&loop, {.server = server_,
                                                       .method = "POST",
                                                       .target = std::move(target),
                                                       .body = std::move(body),
                                                       .content_type = std::move(content_type),
                                                       .tls = secure.get()}));
  if (is_chatty_) std::fprintf(stderr, "Response: %d %s\n", answer.status, answer.body.c_str());
  if (answer.status != 200) {
    co_return fail(Code::kUnknown, format("the server answered {}", answer.status));
  }
  co_return std::move(answer.body);
}

Result<Client::Answer> Client::send(Ask ask) const {
  UvLoop loop;
  const std::unique_ptr<TlsContext> tls = TRY(this->tls());
  ask.server = server_;
  ask.token = token_;
  ask.tls = tls.get();
  const std::string what = format("{} {}", ask.method, ask.target);
  if (is_chatty_) std::fprintf(stderr, "Request: %s %s\n", what.c_str(), ask.body.c_str());
  Result<Answer> outcome = fail(Code::kInternal, "no answer");
  {
    Scope scope(loop);
    scope.spawn(run(&loop, std::move(ask), &outcome));
    loop.run();
  }
  if (is_chatty_ && outcome) {
    std::fprintf(stderr, "Response: %d %s\n", outcome->status, outcome->body.c_str());
  }
  return outcome;
}

Result<json::Value> Client::call(std::string method, std::string target, std::string body) const {
  return read_answer(TRY(
      send({.method = std::move(method), .target = std::move(target), .body = std::move(body)})));
}

Result<json::Value> Client::send_file(std::string method, std::string target,
                                      const std::string& path) const {
  const auto file = TRY(real_disk().open(path, {.write = false}));
  const uint64_t size = TRY(file->size());
  return read_answer(TRY(send({.method = std::move(method),
                               .target = std::move(target),
                               .file = file.get(),
                               .size = size})));
}

Result<void> Client::fetch(std::string target, uint64_t size,
                           std::function<Result<void>(BytesView)> take) const {
  const Answer answer = TRY(
      send({.method = "GET", .target = std::move(target), .size = size, .take = std::move(take)}));
  if (answer.status == 200) return {};
  TRY(read_answer(answer));
  return fail(Code::kUnknown, format("the server answered {}", answer.status));
}

Result<json::Value> Client::read_answer(const Answer& answer) {
  if (answer.status == 204) return json::Value();
  auto value = json::parse(answer.body);
  if (answer.status == 200) return value;
  const Code code = answer.status == 404 ? Code::kNotFound : Code::kUnknown;
  const std::string_view said = refusal_of(value);
  if (said.empty()) return fail(code, format("the server answered {}", answer.status));
  return fail(code, std::string(said));
}

}  // namespace argosy::update_service::ctl
