// update_engine's preferences on disk: a file for each key, names and contents as the
// original has them, but replaced atomically and durably, where the original writes in
// place. Any thread; at the same time for different keys.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "lib/payload/apply/applier.h"
#include "parts/update_engine/prefs/prefs.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

class Store {
 public:
  // Makes the directory if it is missing, and clears what a crash in mid-write left there.
  static Result<Store> open(Disk& disk, std::string directory = std::string(kPrefsDirectory));

  // Nothing when the key is missing or can't be read.
  std::optional<std::string> read(std::string_view key) const;
  std::optional<int64_t> read_number(std::string_view key) const;
  bool has(std::string_view key) const { return read(key).has_value(); }
  // Durable when it returns.
  Result<void> write(std::string_view key, std::string_view content);
  Result<void> write_number(std::string_view key, int64_t value);
  // Missing is no error.
  Result<void> remove(std::string_view key);

  // -- An interrupted update

  // What `payload_hash` (base64, as the server sent it) can go on with: a whole checkpoint
  // of that very payload that we wrote, with less than kMaxResumedFailures resumptions.
  std::optional<payload::Checkpoint> resumable(std::string_view payload_hash) const;
  // What was written before it is durable. `is_full`: the payload reads nothing of the old
  // slot, so that the original could go on with it too.
  Result<void> save(const payload::Checkpoint& checkpoint, bool is_full);
  // An update of this payload begins at its first byte.
  Result<void> begin(std::string_view payload_hash);
  // An interrupted update goes on: counts against kMaxResumedFailures.
  Result<void> count_resumption();
  // No update is under way any more.
  Result<void> forget_progress();

  const std::string& directory() const { return directory_; }

 private:
  Store(Disk& disk, std::string directory) : disk_(&disk), directory_(std::move(directory)) {}
  std::string path_of(std::string_view key) const;

  Disk* disk_;
  std::string directory_;
};

namespace prefs {
// Ours alone: what makes the other update-state files one checkpoint, see README.md.
inline constexpr std::string_view kSeal = "update-state-seal";
}  // namespace prefs

}  // namespace argosy::update_engine
