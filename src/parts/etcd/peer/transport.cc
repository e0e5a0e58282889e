#include "parts/etcd/peer/transport.h"

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "parts/etcd/peer/peer.h"
#include "sys/log/log.h"

namespace argosy::etcd::peer {
namespace {

constexpr std::string_view kMinClusterVersion = "3.0.0";
constexpr size_t kMaxSmallBody = 512ULL << 20;

struct MajorMinor {
  uint64_t major = 0;
  uint64_t minor = 0;
  auto operator<=>(const MajorMinor&) const = default;
};

// Versions compare by major and minor; an absent one is 2.0, as for the original.
std::optional<MajorMinor> parse_version(std::string_view text) {
  if (text.empty()) return MajorMinor{2, 0};
  const auto parts = split(text, '.');
  if (parts.size() < 2) return std::nullopt;
  const auto major = parse_uint(parts[0]);
  const auto minor = parse_uint(parts[1]);
  if (!major || !minor) return std::nullopt;
  return MajorMinor{*major, *minor};
}

}  // namespace

Transport::Transport(Loop& loop, Network& network, TransportOptions options, Delegate& delegate)
    : loop_(loop), network_(network), options_(std::move(options)), delegate_(delegate) {}

Transport::~Transport() = default;

namespace {

std::vector<Url> parse_all(const std::vector<std::string>& texts) {
  std::vector<Url> urls;
  for (const std::string& text : texts) {
    if (auto url = parse_url(text)) urls.push_back(*std::move(url));
  }
  return urls;
}

}  // namespace

void Transport::add_peer(raft::NodeId id, const std::vector<std::string>& urls) {
  if (id == options_.self || peers_.contains(id)) return;
  std::vector<Url> parsed = parse_all(urls);
  if (parsed.empty()) return;
  peers_.emplace(id, std::make_unique<Peer>(*this, id, std::move(parsed)));
}

void Transport::update_peer(raft::NodeId id, const std::vector<std::string>& urls) {
  const auto it = peers_.find(id);
  std::vector<Url> parsed = parse_all(urls);
  if (it != peers_.end() && !parsed.empty()) it->second->set_urls(std::move(parsed));
}

void Transport::remove_peer(raft::NodeId id) {
  peers_.erase(id);
}

void Transport::remove_all() {
  peers_.clear();
}

void Transport::send(raft::Message message) {
  const auto it = peers_.find(message.to);
  if (it != peers_.end()) it->second->send(std::move(message));
}

void Transport::send_snapshot(raft::Message message, backend::DbSnapshot database) {
  const auto it = peers_.find(message.to);
  if (it == peers_.end()) return delegate_.on_snapshot_sent(message.to, false);
  it->second->send_snapshot(std::move(message), std::move(database));
}

std::optional<MonotonicTime> Transport::active_since(raft::NodeId id) const {
  const auto it = peers_.find(id);
  if (it == peers_.end()) return std::nullopt;
  return it->second->active_since();
}

const PeerCounters* Transport::counters(raft::NodeId id) const {
  const auto it = peers_.find(id);
  return it == peers_.end() ? nullptr : &it->second->counters();
}

std::vector<raft::NodeId> Transport::peer_ids() const {
  std::vector<raft::NodeId> ids;
  for (const auto& [id, peer] : peers_) ids.push_back(id);
  return ids;
}

Headers Transport::identity() const {
  return {{"X-Server-From", to_hex(options_.self.value())},
          {"X-Server-Version", options_.server_version},
          {"X-Min-Cluster-Version", std::string(kMinClusterVersion)},
          {"X-Etcd-Cluster-ID", to_hex(options_.cluster_id)},
          {"X-PeerURLs", join(options_.advertised_peer_urls, ",")}};
}

namespace {

Task<std::unique_ptr<Stream>> dial_url(Loop& loop, Network& network, TlsContext* tls, Url url) {
  auto stream = co_await network.connect(url.endpoint);
  if (!url.is_secure) co_return std::move(stream);
  if (tls == nullptr) {
    co_return fail(Code::kFailedPrecondition,
                   format("{} needs TLS, and no peer certificates are configured", url.text));
  }
  co_return co_await tls->handshake(loop, std::move(stream), url.endpoint.host);
}

}  // namespace

Task<std::unique_ptr<Stream>> Transport::dial(Url url) {
  co_return co_await dial_url(loop_, network_, options_.tls, std::move(url));
}

Task<HttpAnswer> http_request(Loop& loop, Network& network, TlsContext* tls, Url url,
                              std::string method, std::string target, Headers headers, Bytes body) {
  auto stream = co_await dial_url(loop, network, tls, url);
  HttpConnection connection(loop, std::move(stream), url.endpoint.text());
  ResponseHead head = co_await connection.request(std::move(method), std::move(target),
                                                  std::move(headers), std::move(body));
  HttpAnswer answer{head.status, std::move(head.headers), {}};
  answer.body = co_await connection.read_all(kMaxSmallBody);
  co_return std::move(answer);
}

Task<Bytes> Transport::request(std::vector<std::string> urls, std::string method,
                               std::string target, Headers headers, Bytes body, Duration timeout) {
  std::optional<Error> last;
  for (const Url& url : parse_all(urls)) {
    auto answer = co_await with_deadline(
        loop_, loop_.now() + timeout,
        http_request(loop_, network_, options_.tls, url, method, target, headers, body));
    if (answer && answer->status / 100 == 2) co_return std::move(answer->body);
    if (answer) {
      const Code code = answer->status == 404   ? Code::kNotFound
                        : answer->status == 408 ? Code::kDeadlineExceeded
                        : answer->status == 412 ? Code::kFailedPrecondition
                                                : Code::kUnavailable;
      last = Error(code, std::string(trim(answer->body)));
    } else {
      last = std::move(answer).error();
    }
  }
  co_return fail(last ? *std::move(last) : Error(Code::kUnavailable, "no URL to ask"));
}

bool Transport::serves(std::string_view path) {
  return path == "/raft" || path == "/raft/snapshot" || path == "/raft/probing" ||
         path.starts_with("/raft/stream/");
}

Task<void> Transport::handle(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (path == "/raft/probing") {
    exchange.respond(
        200, "text/plain; charset=utf-8",
        format("{{\"OK\":true,\"Now\":\"{}\"}}\n", to_rfc3339(exchange.loop().wall_now())));
  } else if (path == "/raft") {
    co_await handle_message(exchange);
  } else if (path == "/raft/snapshot") {
    co_await handle_snapshot(exchange);
  } else {
    co_await handle_stream(exchange);
  }
}

bool Transport::check_origin(Exchange& exchange) {
  exchange.always_send("X-Etcd-Cluster-ID", to_hex(options_.cluster_id));
  const Headers& headers = exchange.head().headers;
  const auto theirs = parse_version(headers.value_of("X-Server-Version"));
  const auto their_min = parse_version(headers.value_of("X-Min-Cluster-Version"));
  const auto ours = parse_version(options_.server_version);
  const auto our_min = parse_version(kMinClusterVersion);
  if (!theirs || !their_min || *theirs < *our_min || *their_min > *ours) {
    exchange.respond_text(412, "incompatible version");
    return false;
  }
  if (headers.value_of("X-Etcd-Cluster-ID") != to_hex(options_.cluster_id)) {
    log_warn("request cluster ID mismatch",
             {{"local-member-cluster-id", to_hex(options_.cluster_id)},
              {"remote-peer-cluster-id", headers.value_of("X-Etcd-Cluster-ID")}});
    exchange.respond_text(412, "cluster ID mismatch");
    return false;
  }
  return true;
}

Task<void> Transport::handle_stream(Exchange& exchange) {
  if (exchange.head().method != "GET") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "GET"}});
  }
  exchange.always_send("X-Server-Version", options_.server_version);
  if (!check_origin(exchange)) co_return;
  const auto parts = split(exchange.head().path().substr(1), '/');
  const auto from = parts.size() == 4 ? parse_hex(parts[3]) : std::nullopt;
  const bool is_append = parts.size() == 4 && parts[2] == "msgapp";
  if (!from || (!is_append && parts[2] != "message")) {
    co_return exchange.respond_text(404, "invalid path");
  }
  const raft::NodeId id(*from);
  if (delegate_.is_removed(id)) co_return exchange.respond_text(410, "removed member");
  if (exchange.head().headers.value_of("X-Raft-To") != to_hex(options_.self.value())) {
    co_return exchange.respond_text(412, "to field mismatch");
  }
  const auto it = peers_.find(id);
  if (it == peers_.end()) {
    co_return exchange.respond_text(404, "error sender not found");
  }
  exchange.start(200, {{"X-Server-Version", options_.server_version},
                       {"X-Etcd-Cluster-ID", to_hex(options_.cluster_id)}});
  Attachment attachment(*it->second, exchange,
                        is_append ? StreamKind::kAppend : StreamKind::kMessage);
  while (attachment.is_current()) {
    attachment.stream().send(link_heartbeat());
    co_await sleep_for(loop_, options_.stream_timeout / 3);
    co_await exchange.writable();
    attachment.stream().drained();
  }
}

Task<void> Transport::handle_message(Exchange& exchange) {
  if (exchange.head().method != "POST") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "POST"}});
  }
  if (!check_origin(exchange)) co_return;
  const Bytes body = co_await exchange.read_all(kMaxSmallBody);
  auto message = raftpb::decode_message(body);
  if (!message) co_return exchange.respond_text(400, "error unmarshalling raft message");
  if (delegate_.is_removed(message->from)) {
    co_return exchange.respond_text(403, "cannot process message from removed member");
  }
  if (const auto it = peers_.find(message->from); it != peers_.end()) {
    it->second->count_received(body.size());
  }
  delegate_.on_message(*std::move(message));
  exchange.respond(204, "", "");
}

Task<void> Transport::handle_snapshot(Exchange& exchange) {
  if (exchange.head().method != "POST") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "POST"}});
  }
  if (!check_origin(exchange)) co_return;
  Bytes head;
  while (head.size() < 8 || head.size() - 8 < load_be64(head.data())) {
    std::optional<Bytes> piece = co_await exchange.read();
    if (!piece || (head.size() >= 8 && load_be64(head.data()) > kMaxFrame)) {
      co_return exchange.respond_text(400, "failed to read raft message");
    }
    head += *piece;
  }
  const uint64_t size = load_be64(head.data());
  auto message = raftpb::decode_message(BytesView(head).substr(8, size));
  if (!message || !message->snapshot || message->type != raft::MessageType::kSnap) {
    co_return exchange.respond_text(400, "wrong raft message type");
  }
  const auto received = co_await result(delegate_.receive_database(
      exchange, message->snapshot->metadata.index, head.substr(8 + size)));
  if (!received) {
    log_warn("failed to save incoming database snapshot",
             {{"remote-peer-id", to_hex(message->from.value())}, {"error", received.error()}});
    co_return exchange.respond_text(500, "failed to save KV snapshot");
  }
  delegate_.on_message(*std::move(message));
  exchange.respond(204, "", "");
}

}  // namespace argosy::etcd::peer
