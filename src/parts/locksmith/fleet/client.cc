#include "parts/locksmith/fleet/client.h"

#include "io/http/client.h"
#include "io/tls/tls.h"
#include "lib/etcd_client/endpoint.h"

namespace argosy::locksmith {
namespace {

constexpr Duration kLimit = seconds(30);
constexpr size_t kMaxAnswer = 64 * 1024;

}  // namespace

Task<void> FleetLockClient::ask(std::string_view path) {
  co_await co_await with_deadline(loop_, loop_.now() + kLimit, exchange(path));
}

Task<void> FleetLockClient::exchange(std::string_view path) {
  const etcd_client::Url url = co_await etcd_client::parse_url(url_);
  auto stream = co_await network_.connect(url.endpoint);
  std::unique_ptr<TlsContext> tls;
  if (url.is_secure) {
    tls = co_await TlsContext::make(false, {.alpn = {"http/1.1"}});
    stream = co_await tls->handshake(loop_, std::move(stream), url.endpoint.host);
  }
  HttpConnection connection(loop_, std::move(stream), url.endpoint.text());
  const ResponseHead head = co_await connection.request(
      "POST", url.path + std::string(path),
      {{std::string(kFleetLockHeader), "true"}, {"Content-Type", "application/json"}},
      to_json(who_));
  const Bytes body = co_await connection.read_all(kMaxAnswer);
  if (head.status / 100 == 2) co_return;
  co_await failure(Code::kResourceExhausted, describe_answer(head.status, body));
}

}  // namespace argosy::locksmith
