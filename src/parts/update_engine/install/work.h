// What a run and its work on other threads share. Private to this folder.
#pragma once

#include <atomic>
#include <mutex>
#include <stop_token>

#include "parts/update_engine/install/application.h"
#include "parts/update_engine/install/install.h"

namespace argosy::update_engine {

struct Installer::Work {
  Work(Disk& of_disk, Store& of_store, const Surroundings& of_machine, Job of_job)
      : disk(of_disk), store(of_store), machine(of_machine), job(std::move(of_job)) {}

  Disk& disk;
  Store& store;
  const Surroundings machine;
  const Job job;
  std::stop_source stop;

  // Held by whoever works; after a stop request nobody begins.
  std::mutex applying;
  std::mutex committing;

  // Before `stop` was requested and with `applying` held, or by the run between two works.
  Slots slots;
  Outcome outcome;
  std::unique_ptr<Application> application;

  std::atomic<bool> is_committing = false;
  std::atomic<bool> is_disk_bad = false;
};

// Finds the slots, judges what there is of an earlier run, opens everything. The outcome's
// code is set when it fails, as for all of these. They block.
Result<void> prepare(Installer::Work& work);
Result<void> apply_piece(Installer::Work& work, BytesView piece);
Result<void> verify_payload(Installer::Work& work);
Result<void> verify_slot(Installer::Work& work);
Result<void> make_bootable(Installer::Work& work);
// What the update was good or bad for, as the preferences tell it.
Result<void> conclude(Installer::Work& work);
// Once more than `commit`, beside apply_piece().
void commit(Installer::Work& work, const payload::Checkpoint& checkpoint);

}  // namespace argosy::update_engine
