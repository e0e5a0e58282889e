// One other member: the streams to and from it. Private to this folder.
#pragma once

#include <deque>

#include "io/http/client.h"
#include "parts/etcd/peer/transport.h"

namespace argosy::etcd::peer {

enum class StreamKind : uint8_t { kMessage, kAppend };

// A stream that the other side has dialled, into which we write.
class OutgoingStream {
 public:
  OutgoingStream(Exchange& exchange, StreamKind kind) : exchange_(exchange), kind_(kind) {}

  void send(const raft::Message& message);
  bool is_full() const { return unsent_ > kMaxUnsent; }
  // What is unsent is a guess from the last look: the exchange tells when it drains.
  void drained() { unsent_ = 0; }
  size_t last_size() const { return last_size_; }
  Exchange& exchange() { return exchange_; }

 private:
  static constexpr size_t kMaxUnsent = 64 << 20;

  Exchange& exchange_;
  StreamKind kind_;
  AppendEncoder append_;
  Bytes frame_;
  size_t unsent_ = 0;
  size_t last_size_ = 0;
};

class Peer;

// An outgoing stream in its peer's place for it, as long as it is served; a newer one
// takes the place, and the peer's end empties it.
class Attachment {
 public:
  Attachment(Peer& peer, Exchange& exchange, StreamKind kind);
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment();
  bool is_current() const { return peer_ != nullptr; }
  void detach() { peer_ = nullptr; }
  OutgoingStream& stream() { return stream_; }

 private:
  Peer* peer_;
  StreamKind kind_;
  OutgoingStream stream_;
};

class Peer {
 public:
  Peer(Transport& transport, raft::NodeId id, std::vector<Url> urls);
  ~Peer();

  void set_urls(std::vector<Url> urls) { urls_ = std::move(urls); }
  void send(raft::Message message);
  void send_snapshot(raft::Message message, backend::DbSnapshot database);
  std::optional<MonotonicTime> active_since() const { return active_since_; }
  const PeerCounters& counters() const { return counters_; }

  // Makes this the stream to send on; null empties the place.
  void attach(StreamKind kind, Attachment* attachment);
  void count_received(size_t bytes) { counters_.received_bytes += bytes; }

 private:
  Task<void> keep_reading(StreamKind kind);
  Task<void> read_stream(StreamKind kind);
  Task<void> receive(HttpConnection& connection, StreamDecoder& decoder);
  Task<void> keep_probing();
  Task<void> probe();
  Task<void> post_messages();
  Task<void> post(raft::Message message);
  Task<void> post_snapshot(raft::Message message, backend::DbSnapshot database);
  Task<void> upload(raft::Message message, backend::DbSnapshot database);
  const Url& pick_url() const { return urls_[next_url_ % urls_.size()]; }
  void became_active();
  void became_inactive();
  void lost(const raft::Message& message);

  Transport& transport_;
  raft::NodeId id_;
  std::vector<Url> urls_;
  size_t next_url_ = 0;
  Attachment* attached_[2] = {nullptr, nullptr};
  std::deque<raft::Message> pipeline_;
  bool posting_ = false;
  int readers_up_ = 0;
  std::optional<MonotonicTime> active_since_;
  PeerCounters counters_;
  Scope scope_;
};

}  // namespace argosy::etcd::peer
