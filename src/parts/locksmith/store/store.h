// LockStore: the reboot lock as it lies in etcd. Each change reads the semaphore, changes
// it as a value and writes it back if nobody has meanwhile.
//
// A write whose answer was lost may have been done: who tries again finds out, since
// taking what one holds and releasing what one does not are told apart. One loop's thread.
#pragma once

#include <memory>

#include "base/result.h"
#include "io/net/stream.h"
#include "io/task/task.h"
#include "parts/locksmith/semaphore/keys.h"
#include "parts/locksmith/semaphore/semaphore.h"
#include "sys/random/random.h"

namespace argosy {
class Loop;
}

namespace argosy::locksmith {

// Which of etcd's interfaces holds the lock; they do not see each other's keys.
enum class Api : uint8_t {
  kAuto,  // v3, or v2 when the cluster has nothing else
  kV2,
  kV3,
};
// "auto", "v2", "v3"; empty is auto.
Result<Api> parse_api(std::string_view text);

struct StoreSettings {
  std::vector<std::string> endpoints;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  std::string username;
  std::string password;
  std::string group;
  Api api = Api::kAuto;
};

// Where the semaphore's bytes are; an implementation for each interface of etcd.
class Backend {
 public:
  struct Found {
    std::string json;
    uint64_t version = 0;  // for replace()
  };
  struct Note {
    std::string id;
    std::optional<HolderNote> note;  // nothing: remove it
  };

  virtual ~Backend() = default;
  // Nothing happens when it exists.
  virtual Task<void> create(std::string json) = 0;
  virtual Task<Found> read() = 0;
  // Aborted when it is no longer what was found. The note goes with it, where the
  // interface can do both or none.
  virtual Task<void> replace(std::string json, Found found, std::optional<Note> note) = 0;
  virtual Task<std::vector<HolderNote>> notes() = 0;
};

class LockStore {
 public:
  // Makes the semaphore if there is none.
  static Task<std::unique_ptr<LockStore>> open(Loop& loop, Network& network, Random& random,
                                               StoreSettings settings);
  explicit LockStore(Loop& loop, std::unique_ptr<Backend> backend)
      : loop_(loop), backend_(std::move(backend)) {}

  Task<Semaphore> read();
  // As the original does it: "semaphore is at 0" comes before "holder exists".
  Task<void> lock(std::string id);
  // For a daemon that tries again: AlreadyExists when it holds the lock, even if none is
  // free, since its own lost write may have taken the last.
  Task<void> lock_again(std::string id);
  Task<void> unlock(std::string id);
  struct MaxChange {
    int64_t before = 0;
    int64_t after = 0;
  };
  Task<MaxChange> set_max(int64_t max);

  // Of those that hold the lock now; who took it with another program has none.
  Task<std::vector<HolderNote>> holder_notes();

 private:
  using Change = std::function<Result<void>(Semaphore&)>;
  Task<void> change(Change change, std::optional<Backend::Note> note);
  Backend::Note note_of(std::string id) const;

  Loop& loop_;
  std::unique_ptr<Backend> backend_;
};

}  // namespace argosy::locksmith
