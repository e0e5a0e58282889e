// Who breaks things, one fault after the other, as its seed says.
#pragma once

#include "tests/scenario/faults/cluster.h"

namespace argosy::faults {

struct NemesisOptions {
  uint64_t seed = 1;
  uint64_t kills = 40;       // of the case "kill": members killed in all
  uint64_t partitions = 15;  // of the case "partition": networks cut
};

class Nemesis {
 public:
  using Fault = Task<void> (Nemesis::*)();

  // `network` is null unless the members are in namespaces.
  Nemesis(Cluster& cluster, Namespaces* network, NemesisOptions options);

  // Returns when so many faults have been; some may not be healed.
  Task<void> run();
  // Nothing is paused, cut or down any more.
  Task<void> heal();

  uint64_t kills() const { return kills_; }
  const std::map<std::string, uint64_t>& faults() const { return faults_; }
  // What should have worked and did not.
  const std::vector<std::string>& findings() const { return findings_; }

 private:
  struct Weighted {
    const char* name;
    uint64_t weight;
    Fault fault;
  };
  Task<void> one_of(const std::vector<Weighted>& choices);

  Task<void> kill_any();
  Task<void> kill_leader();
  Task<void> kill_two();
  Task<void> pause_any();
  Task<void> pause_leader();
  Task<void> move_leader();
  Task<void> replace_member();
  Task<void> defragment();

  Task<void> cut_off(size_t member, bool to_it, bool from_it, Duration how_long);
  Task<void> isolate_any();
  Task<void> isolate_leader();
  Task<void> deafen_leader();
  Task<void> mute_leader();
  Task<void> cut_one_direction();
  Task<void> cut_one_pair();
  Task<void> cut_all();
  Task<void> link_down();
  Task<void> flap();

  void kill(size_t member);
  Task<void> back_up(std::vector<size_t> members);
  Task<void> pause(size_t member);
  Task<void> rejoin(size_t member, bool as_learner);
  Task<uint64_t> remove(size_t member);
  Task<uint64_t> add(size_t member, bool as_learner);
  Task<void> promote(uint64_t id);
  Task<void> wait(uint64_t from_ms, uint64_t to_ms);
  size_t any_member() { return random_.below(cluster_.size()); }
  Task<size_t> leader_or_any();
  void note(std::string text) { findings_.push_back(std::move(text)); }

  Cluster& cluster_;
  Namespaces* network_;
  NemesisOptions options_;
  SeededRandom random_;
  uint64_t kills_ = 0;
  uint64_t partitions_ = 0;
  std::map<std::string, uint64_t> faults_;
  std::vector<std::string> findings_;
};

}  // namespace argosy::faults
