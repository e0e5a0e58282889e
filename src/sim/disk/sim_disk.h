// A disk in memory that forgets what was not synced, for tests of crashes.
//
// What a real disk may do after a loss of power, this one does by chance:
//  - of the writes to a file since its last sync, each is kept, dropped, or torn at
//    sectors of 512 bytes; a sector never holds a mixture of two writes;
//  - the file's size is one of those it had since then;
//  - a name made, renamed or removed since its directory's last sync_directory is as
//    before or as after. A file's own sync does not make its name durable.
//
// Mutating calls are counted and any of them can be made to fail or to be the last
// before a crash: run a workload once to count, then again for each number. They are
// open() that creates or truncates, write_at, truncate, allocate, sync, sync_data,
// rename, remove, make_directories (one for each directory made) and sync_directory.
//
// Any thread may call; a Mapping is read without a lock, as a real one. A mapping's
// address stays while it lives; touching it past the end of the file is a fault, as
// on a real disk. A file is at most 16 GiB long.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sys/file/disk.h"
#include "sys/random/random.h"

namespace argosy::sim {

class SimDisk final : public Disk {
 public:
  // Empty, with the directory "/" (also meant by a path that does not begin with a slash).
  SimDisk();
  ~SimDisk() override;

  // -- Faults. `count` is counted from now: 1 is the next mutating call.

  // That one call fails with this errno. A failed write has written the sectors of its
  // first half; a failed sync leaves what it should have synced readable, but no later
  // sync makes it durable, as on Linux; every other failed call does nothing.
  void fail_at(uint64_t count, int error_number);
  // That call and every mutating call after it.
  void fail_from(uint64_t count, int error_number);
  // That call does what it does, but not durably, and returns an error; every call
  // after it, reading ones too, fails and does nothing until power_loss().
  void crash_at(uint64_t count);
  // Forgets what was asked for and has not happened yet.
  void heal();

  bool has_crashed() const;
  // Since the disk was made.
  uint64_t mutating_calls() const;

  // Chooses what is left on the disk, and makes exactly that durable. Files opened
  // before are dead: their calls fail, their locks are gone. Heals.
  void power_loss(Random& random);

  // The same disk once more, with what is unsynced, without open files and faults:
  // for trying several losses of power from one point.
  std::unique_ptr<SimDisk> clone() const;

  // Decay: inverts a bit, durably; the file has that many bytes.
  void flip_bit(const std::string& path, uint64_t offset, unsigned bit);

  // -- Disk

  Result<std::unique_ptr<File>> open(const std::string& path, OpenOptions options) override;
  Result<void> rename(const std::string& from, const std::string& to) override;
  Result<void> remove(const std::string& path) override;
  Result<void> make_directories(const std::string& path, uint32_t mode) override;
  Result<std::vector<std::string>> list(const std::string& directory) override;
  Result<FileInfo> stat(const std::string& path) override;
  Result<void> sync_directory(const std::string& path) override;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the open files, which may outlive the disk
};

}  // namespace argosy::sim
