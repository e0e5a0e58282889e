#include "parts/etcd/peer/peer.h"

#include "base/format.h"
#include "io/http/client.h"
#include "sys/log/log.h"

namespace argosy::etcd::peer {
namespace {

constexpr size_t kMaxPipeline = 64;
constexpr Duration kRedialAfter = milliseconds(100);
constexpr size_t kMaxProbeAnswer = 4096;

size_t slot(StreamKind kind) {
  return static_cast<size_t>(kind);
}

std::string_view path_of(StreamKind kind) {
  return kind == StreamKind::kMessage ? "/raft/stream/message/" : "/raft/stream/msgapp/";
}

}  // namespace

void OutgoingStream::send(const raft::Message& message) {
  frame_.clear();
  if (kind_ == StreamKind::kAppend) {
    append_.encode(frame_, message);
  } else {
    encode_message(frame_, message);
  }
  last_size_ = frame_.size();
  unsent_ += frame_.size();
  exchange_.write(frame_);
}

Peer::Peer(Transport& transport, raft::NodeId id, std::vector<Url> urls)
    : transport_(transport), id_(id), urls_(std::move(urls)), scope_(transport.loop_) {
  scope_.spawn(keep_reading(StreamKind::kMessage));
  scope_.spawn(keep_reading(StreamKind::kAppend));
  scope_.spawn(keep_probing());
}

Peer::~Peer() {
  for (Attachment* attachment : attached_) {
    if (attachment != nullptr) attachment->detach();
  }
}

Attachment::Attachment(Peer& peer, Exchange& exchange, StreamKind kind)
    : peer_(&peer), kind_(kind), stream_(exchange, kind) {
  peer.attach(kind, this);
}

Attachment::~Attachment() {
  if (peer_ != nullptr) peer_->attach(kind_, nullptr);
}

void Peer::attach(StreamKind kind, Attachment* attachment) {
  Attachment*& place = attached_[slot(kind)];
  if (place != nullptr) place->detach();
  place = attachment;
}

void Peer::lost(const raft::Message& message) {
  ++counters_.sent_failures;
  transport_.delegate_.on_unreachable(message.to);
}

void Peer::send(raft::Message message) {
  Attachment* attachment = nullptr;
  if (message.type == raft::MessageType::kApp) attachment = attached_[slot(StreamKind::kAppend)];
  if (attachment == nullptr) attachment = attached_[slot(StreamKind::kMessage)];
  if (attachment != nullptr) {
    OutgoingStream& stream = attachment->stream();
    if (stream.is_full()) return lost(message);
    stream.send(message);
    counters_.sent_bytes += stream.last_size();
    return;
  }
  if (pipeline_.size() >= kMaxPipeline) return lost(message);
  pipeline_.push_back(std::move(message));
  if (!std::exchange(posting_, true)) scope_.spawn(post_messages());
}

// While no stream is attached: one message after the other, each in a POST.
Task<void> Peer::post_messages() {
  while (!pipeline_.empty()) {
    raft::Message message = std::move(pipeline_.front());
    pipeline_.pop_front();
    const auto posted = co_await result(post(message));
    if (!posted) {
      ++next_url_;
      lost(message);
    }
  }
  posting_ = false;
}

Task<void> Peer::post(raft::Message message) {
  Headers headers = transport_.identity();
  headers.add("Content-Type", "application/protobuf");
  Bytes body = raftpb::to_bytes(message);
  const size_t size = body.size();
  const HttpAnswer answer = co_await co_await with_deadline(
      transport_.loop_, transport_.loop_.now() + transport_.options_.stream_timeout,
      http_request(transport_.loop_, transport_.network_, transport_.options_.tls, pick_url(),
                   "POST", "/raft", std::move(headers), std::move(body)));
  if (answer.status != 204) {
    co_await failure(Code::kUnavailable, format("status {}", answer.status));
  }
  counters_.sent_bytes += size;
}

void Peer::send_snapshot(raft::Message message, backend::DbSnapshot database) {
  scope_.spawn(post_snapshot(std::move(message), std::move(database)));
}

Task<void> Peer::post_snapshot(raft::Message message, backend::DbSnapshot database) {
  const raft::NodeId to = message.to;
  const uint64_t index = message.snapshot->metadata.index.value();
  const auto sent = co_await result(upload(std::move(message), std::move(database)));
  if (sent) {
    log_info("sent database snapshot",
             {{"remote-peer-id", to_hex(to.value())}, {"snapshot-index", index}});
  } else {
    log_warn("failed to send database snapshot", {{"remote-peer-id", to_hex(to.value())},
                                                  {"snapshot-index", index},
                                                  {"error", sent.error()}});
    ++next_url_;
    transport_.delegate_.on_unreachable(to);
  }
  transport_.delegate_.on_snapshot_sent(to, sent.has_value());
}

Task<void> Peer::upload(raft::Message message, backend::DbSnapshot database) {
  const Url url = pick_url();
  auto stream = co_await transport_.dial(url);
  HttpConnection connection(transport_.loop_, std::move(stream), url.endpoint.text());
  Bytes head;
  encode_message(head, message);
  Headers headers = transport_.identity();
  headers.add("Content-Type", "application/octet-stream");
  headers.add("Content-Length", std::to_string(head.size() + database.size()));
  connection.begin("POST", "/raft/snapshot", headers);
  connection.write(head);
  Bytes piece(64 * 1024, '\0');
  while (const size_t count = database.read(piece.data(), piece.size())) {
    connection.write(BytesView(piece).substr(0, count));
    counters_.sent_bytes += count;
    co_await connection.writable();
  }
  const ResponseHead response = co_await connection.response();
  if (response.status != 204) {
    co_await failure(Code::kUnavailable, format("status {}", response.status));
  }
}

void Peer::became_active() {
  if (readers_up_++ > 0) return;
  active_since_ = transport_.loop_.now();
  log_info("peer became active", {{"peer-id", to_hex(id_.value())}});
}

void Peer::became_inactive() {
  if (--readers_up_ > 0) return;
  active_since_.reset();
  log_warn("peer became inactive", {{"peer-id", to_hex(id_.value())}});
}

Task<void> Peer::keep_reading(StreamKind kind) {
  while (true) {
    const auto ended = co_await result(read_stream(kind));
    if (!ended && ended.error().code() == Code::kPermissionDenied) {
      transport_.delegate_.on_self_removed();
    }
    ++next_url_;
    co_await sleep_for(transport_.loop_, kRedialAfter);
  }
}

Task<void> Peer::keep_probing() {
  while (true) {
    co_await sleep_for(transport_.loop_, transport_.options_.probe_interval);
    co_await result(probe());
  }
}

// On one connection while it lasts, so that no probe but the first counts its making.
Task<void> Peer::probe() {
  Loop& loop = transport_.loop_;
  const TransportOptions& options = transport_.options_;
  const Url url = pick_url();
  auto stream = co_await co_await with_deadline(loop, loop.now() + options.dial_timeout,
                                                transport_.dial(url));
  HttpConnection connection(loop, std::move(stream), url.endpoint.text());
  const auto ask = [](HttpConnection& to) -> Task<int> {
    const ResponseHead head = co_await to.request("GET", "/raft/probing", {}, {});
    co_await to.read_all(kMaxProbeAnswer);
    co_return head.status;
  };
  while (true) {
    const MonotonicTime began = loop.now();
    const int status =
        co_await co_await with_deadline(loop, began + options.stream_timeout, ask(connection));
    if (status != 200) co_await failure(Code::kUnavailable, format("status {}", status));
    transport_.delegate_.on_round_trip(id_, loop.now() - began);
    co_await sleep_for(loop, options.probe_interval);
  }
}

Task<void> Peer::read_stream(StreamKind kind) {
  Loop& loop = transport_.loop_;
  const Url url = pick_url();
  auto stream = co_await co_await with_deadline(loop, loop.now() + transport_.options_.dial_timeout,
                                                transport_.dial(url));
  HttpConnection connection(loop, std::move(stream), url.endpoint.text());
  Headers headers = transport_.identity();
  headers.add("X-Raft-To", to_hex(id_.value()));
  const std::string target = std::string(path_of(kind)) + to_hex(transport_.options_.self.value());
  const ResponseHead head =
      co_await co_await with_deadline(loop, loop.now() + transport_.options_.stream_timeout,
                                      connection.request("GET", target, std::move(headers), {}));
  if (head.status == 410) co_await failure(Code::kPermissionDenied, "the member was removed");
  if (head.status != 200) {
    co_await failure(Code::kUnavailable, format("unexpected http status {}", head.status));
  }
  struct Active {
    Peer& peer;
    explicit Active(Peer& p) : peer(p) { peer.became_active(); }
    ~Active() { peer.became_inactive(); }
  };
  const Active active(*this);
  const auto decoder = kind == StreamKind::kMessage ? message_decoder()
                                                    : append_decoder(transport_.options_.self, id_);
  co_await receive(connection, *decoder);
}

Task<void> Peer::receive(HttpConnection& connection, StreamDecoder& decoder) {
  Loop& loop = transport_.loop_;
  while (true) {
    std::optional<Bytes> piece = co_await co_await with_deadline(
        loop, loop.now() + transport_.options_.stream_timeout, connection.read());
    if (!piece) co_return;
    counters_.received_bytes += piece->size();
    decoder.feed(*piece);
    while (std::optional<raft::Message> message = co_await decoder.next()) {
      if (!is_link_heartbeat(*message)) transport_.delegate_.on_message(*std::move(message));
    }
  }
}

}  // namespace argosy::etcd::peer
