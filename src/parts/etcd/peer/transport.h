// How members talk: the original's rafthttp. Each member dials two streams to every
// other and receives on them; what it sends goes into the streams that the other has
// dialled, or, while there is none, into single POSTs. Snapshots are POSTs with the
// database behind the message. On the loop's thread.
#pragma once

#include <functional>
#include <map>

#include "io/http/exchange.h"
#include "io/net/stream.h"
#include "io/task/scope.h"
#include "io/tls/tls.h"
#include "parts/etcd/backend/db_snapshot.h"
#include "parts/etcd/peer/codec.h"
#include "parts/etcd/peer/url.h"
#include "parts/etcd/raft/types.h"

namespace argosy::etcd::peer {

// The member, as the transport sees it.
class Delegate {
 public:
  virtual void on_message(raft::Message message) = 0;
  virtual void on_unreachable(raft::NodeId id) = 0;
  virtual void on_snapshot_sent(raft::NodeId id, bool ok) = 0;
  // How long a probe and its answer took.
  virtual void on_round_trip(raft::NodeId id, Duration took) = 0;
  virtual bool is_removed(raft::NodeId id) const = 0;
  // Takes a snapshot's database as it arrives; then its message goes to on_message.
  virtual Task<void> receive_database(Exchange& exchange, raft::LogIndex index, Bytes first) = 0;
  // This member was removed from the cluster, others say.
  virtual void on_self_removed() = 0;

 protected:
  ~Delegate() = default;
};

struct TransportOptions {
  raft::NodeId self;
  uint64_t cluster_id = 0;
  std::string server_version;
  std::vector<std::string> advertised_peer_urls;
  TlsContext* tls = nullptr;  // for https URLs
  Duration dial_timeout = seconds(2);
  Duration stream_timeout = seconds(5);
  Duration probe_interval = seconds(4);
};

struct PeerCounters {
  uint64_t sent_bytes = 0;
  uint64_t received_bytes = 0;
  uint64_t sent_failures = 0;
};

class Peer;

class Transport {
 public:
  Transport(Loop& loop, Network& network, TransportOptions options, Delegate& delegate);
  ~Transport();

  void add_peer(raft::NodeId id, const std::vector<std::string>& urls);
  void update_peer(raft::NodeId id, const std::vector<std::string>& urls);
  void remove_peer(raft::NodeId id);
  void remove_all();

  // Best effort, never blocks. Messages to unknown peers are dropped.
  void send(raft::Message message);
  void send_snapshot(raft::Message message, backend::DbSnapshot database);

  // Since when the peer has been reachable, if it is.
  std::optional<MonotonicTime> active_since(raft::NodeId id) const;
  const PeerCounters* counters(raft::NodeId id) const;
  std::vector<raft::NodeId> peer_ids() const;

  // Serves /raft, /raft/stream/..., /raft/snapshot and /raft/probing.
  static bool serves(std::string_view path);
  Task<void> handle(Exchange& exchange);

  // A whole request to one of a peer's URLs: for /version, /members, /leases.
  Task<Bytes> request(std::vector<std::string> urls, std::string method, std::string target,
                      Headers headers, Bytes body, Duration timeout);

 private:
  friend class Peer;
  Task<std::unique_ptr<Stream>> dial(Url url);
  Headers identity() const;
  Task<void> handle_stream(Exchange& exchange);
  Task<void> handle_message(Exchange& exchange);
  Task<void> handle_snapshot(Exchange& exchange);
  // Answers and says no when the request comes from elsewhere or from another version.
  bool check_origin(Exchange& exchange);

  Loop& loop_;
  Network& network_;
  TransportOptions options_;
  Delegate& delegate_;
  std::map<raft::NodeId, std::unique_ptr<Peer>> peers_;
};

// One request over a connection of its own; the answer's body, or an error with the
// status and the body's first line. For joining, before there is a transport.
struct HttpAnswer {
  int status = 0;
  Headers headers;
  Bytes body;
};
Task<HttpAnswer> http_request(Loop& loop, Network& network, TlsContext* tls, Url url,
                              std::string method, std::string target, Headers headers, Bytes body);

}  // namespace argosy::etcd::peer
