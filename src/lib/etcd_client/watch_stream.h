// One watch: a stream at some endpoint, opened again elsewhere when it breaks. Private to
// this folder.
#pragma once

#include "lib/etcd_client/client.h"
#include "lib/etcd_client/members.h"

namespace etcdserverpb {
class WatchResponse;
}

namespace argosy::etcd_client {

class WatchStream final : public Watch {
 public:
  WatchStream(Members& members, WatchQuery query)
      : members_(members), query_(std::move(query)), next_(query_.from) {}

  Task<std::vector<Event>> next() override;
  Task<void> started() override;

 private:
  Task<void> open();
  // A response that says more than that the watch goes on, or nothing after a loss.
  Task<std::vector<Event>> read();
  Result<std::vector<Event>> take(const etcdserverpb::WatchResponse& response);
  Result<void> refusal(const etcdserverpb::WatchResponse& response);
  void lose();

  Members& members_;
  WatchQuery query_;
  Revision next_;  // the first that has not been given; 0: not known yet
  std::unique_ptr<grpc::ClientStream> stream_;
  bool is_started_ = false;  // on this stream
  Duration pause_{0};
};

}  // namespace argosy::etcd_client
