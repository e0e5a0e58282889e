// A watcher that goes on where it was whenever its stream breaks, for a whole run.
#pragma once

#include "tests/linearizability/streams.h"
#include "tests/scenario/faults/client.h"

namespace argosy::faults {

class Watcher {
 public:
  // With `trusts_progress` an answer to a request for progress is believed to come after all
  // events up to its revision. The original breaks that up to 3.4.24, when a watcher is
  // behind (etcd-io/etcd issue 15220).
  Watcher(Client& client, std::string name, Bytes from_key, Bytes to_key, bool trusts_progress);

  // All revisions below it have been received.
  int64_t next_revision() const { return next_; }
  uint64_t streams() const { return streams_; }
  // Revisions up to `last`, which it has passed.
  linearizability::EventStream story(int64_t last) const;
  // What the member said that it must not say.
  const linearizability::Findings& findings() const { return findings_; }

 private:
  Task<void> run();
  Task<void> follow();
  void take(const etcdserverpb::WatchResponse& response);
  void note(std::string text);

  Client& client_;
  std::string name_;
  Bytes from_key_;
  Bytes to_key_;
  bool trusts_progress_;
  int64_t next_ = 1;
  uint64_t streams_ = 0;
  std::vector<linearizability::Event> events_;
  linearizability::Findings findings_;
  Scope scope_;
};

}  // namespace argosy::faults
