// For tests: a machine with a GPT disk of two slots. It boots what GRUB would choose, runs the
// update engine on it, and loses its power when its disk crashes.
#pragma once

#include <deque>

#include "lib/gpt/inspect.h"
#include "parts/update_engine/attempt/attempter.h"
#include "parts/update_engine/simulation/partitioned_disk_test.h"
#include "parts/update_engine/simulation/update_server_test.h"
#include "parts/update_engine/slots/slots.h"
#include "parts/update_engine/store/store.h"
#include "sim/disk/sim_disk.h"

namespace argosy::update_engine {

class Machine {
 public:
  // Runs 1.0.0 from partition 3, which is good; partition 4 is empty.
  Machine(UpdateServer& server, uint64_t seed);

  sim::SimDisk& disk() { return disk_; }
  // From a boot to the next: a reboot, a power cut, or the end of the story. An error says
  // what should never be.
  Result<void> boot_once();

  int boots() const { return boots_; }
  int bad_boots() const { return bad_boots_; }
  // Installations that went on from a checkpoint.
  int resumptions() const { return resumptions_; }
  const std::string& running() const { return running_; }
  // Both copies of the table are sound, and what runs is good and first.
  Result<void> check_table();

 private:
  struct Choice {
    uint32_t number = 0;
    std::string version;
  };

  Result<gpt::Inspection> look();
  Result<void> write_table(const gpt::Table& table);
  void make_table();
  // GRUB takes a try and loads; nothing when the power went.
  Result<std::optional<Choice>> choose();
  Result<std::string> version_in(uint32_t number);
  Result<Bytes> read(const std::string& path, uint64_t size);

  // The engine, until a reboot is needed, the story ends or the power goes.
  Result<void> run_engine();
  void perform(const Actions& actions);
  void perform_one(const Action& action);
  void answer(const Action& action);
  InstallEnd install(const InstallPlan& plan);
  ErrorCode apply(const Release& release, const std::string& hash, bool& is_resumed);
  Result<void> run_postinst();
  Slots slots() const;
  Situation situation() const;
  Now now();

  UpdateServer& server_;
  SeededRandom random_;
  sim::SimDisk disk_;
  PartitionedDisk partitions_;
  int boots_ = 0;
  int bad_boots_ = 0;
  int resumptions_ = 0;
  uint32_t number_ = 3;  // of the slot that runs
  std::string running_ = "1.0.0";
  bool has_marker_ = false;
  bool is_timer_armed_ = false;
  int64_t seconds_ = 1767225600;
  std::optional<Store> store_;
  std::optional<Attempter> attempter_;
  std::deque<Action> actions_;
};

}  // namespace argosy::update_engine
