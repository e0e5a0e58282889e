// The members of a run and their clients.
#pragma once

#include "tests/scenario/faults/client.h"
#include "tests/scenario/faults/member_process.h"
#include "tests/scenario/faults/namespaces.h"

namespace argosy::faults {

class Cluster {
 public:
  Cluster(Loop& loop, Network& network, Random& random, ProcessOptions options,
          std::vector<Place> places);

  size_t size() const { return members_.size(); }
  MemberProcess& member(size_t i) { return *members_[i]; }
  // Patient clients for who must get through; the workload has its own.
  Client& client(size_t i) { return *clients_[i]; }
  std::vector<std::unique_ptr<Client>> new_clients();
  Loop& loop() const { return loop_; }

  Result<void> start_all();
  // As it was started the first time, or as one that joins again.
  Result<void> restart(size_t i);
  Result<void> start_anew(size_t i) { return members_[i]->start(initial_cluster_, false); }

  // The place of who leads, by the word of any member that answers.
  Task<std::optional<size_t>> leader();
  // All members answer and know the same leader; false when `limit` has passed.
  Task<bool> is_healthy_within(Duration limit);

 private:
  Task<bool> is_healthy();

  Loop& loop_;
  Network& network_;
  Random& random_;
  ProcessOptions options_;
  std::string initial_cluster_;
  std::vector<std::unique_ptr<MemberProcess>> members_;
  std::vector<std::unique_ptr<Client>> clients_;
};

// Ports on 127.0.0.1 that nobody had a moment ago.
Result<std::vector<Place>> places_on_loopback(size_t count);
std::vector<Place> places_in(const Namespaces& network, size_t count);

}  // namespace argosy::faults
