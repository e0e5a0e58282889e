// Client: an etcd cluster over gRPC (etcdserverpb: KV, Lease, Watch; Authenticate).
//
// Calls go to one endpoint until it fails, then to the next. What only reads, or what no
// server has seen, is tried on each endpoint in turn; a write whose answer was lost is
// not sent again, since it may have been done: its error says so by its code
// (Unavailable or DeadlineExceeded) and the caller looks. Errors of the server come with
// its code and text ("etcdserver: ..."). One loop's thread; a Client dies before its
// loop and after its watches.
#pragma once

#include <memory>
#include <span>

#include "base/id.h"
#include "io/net/stream.h"
#include "io/task/task.h"
#include "io/tls/tls.h"
#include "lib/etcd_client/types.h"
#include "sys/random/random.h"

namespace argosy {
class Loop;
}

namespace argosy::etcd_client {

struct ClientOptions {
  // URLs of members; at least one.
  std::vector<std::string> endpoints;
  // For https: the authority alone is enough; none is the system's.
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string username;  // empty: no authentication
  std::string password;
  Duration request_timeout = seconds(7);
  Duration connect_timeout = seconds(5);
};

class Watch;

class Client {
 public:
  // InvalidArgument for a bad URL, other errors for unreadable certificates.
  static Result<std::unique_ptr<Client>> make(Loop& loop, Network& network, Random& random,
                                              ClientOptions options);
  ~Client();

  Task<GetResult> get(GetQuery query);
  // The value of one key, or nothing.
  Task<std::optional<KeyValue>> get_key(std::string key);
  // The revision of the change.
  Task<Revision> put(std::string key, std::string value, LeaseId lease = {});
  // How many keys are gone. `end` as in GetQuery.
  Task<int64_t> remove(std::string key, std::string end = {});
  Task<TxnResult> txn(Txn txn);

  Task<Lease> grant_lease(Duration time_to_live);
  // NotFound when the lease has expired.
  Task<Duration> keep_alive_once(LeaseId lease);
  Task<void> revoke_lease(LeaseId lease);

  // Events of a key or a range from a revision on; dies before the Client.
  std::unique_ptr<Watch> watch(WatchQuery query);

  struct Impl;

 private:
  explicit Client(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// A watch that outlives its connection: it goes on at the next endpoint with the revision
// after the last that it gave.
class Watch {
 public:
  virtual ~Watch() = default;
  // Events of one revision or several, in order, none twice, none left out. Waits
  // without limit; OutOfRange when what comes next has been compacted away. One
  // coroutine waits at a time.
  virtual Task<std::vector<Event>> next() = 0;
  // Waits until a server has begun to watch.
  virtual Task<void> started() = 0;
};

// The smallest text that is greater than all that begin with `prefix`.
std::string prefix_end(std::string_view prefix);

}  // namespace argosy::etcd_client
