// One update from its URL into the other slot: download, application, verification, the PCR
// policy, postinst. The running slot is only read. An interrupted one goes on later from
// the last checkpoint in the Store.
//
//   Installer installer(loop, disk, store, surroundings);
//   Outcome outcome = co_await installer.run(job, callbacks);
//
// All of it belongs to the loop's thread; the work is done on others. Dropping the task of
// run() cancels it: what was begun on other threads ends soon, and the next run() waits for
// that. Which URL, when, and whether at all is the caller's business (retry, schedule).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "io/task/task.h"
#include "lib/fetch/fetch.h"
#include "lib/payload/signature/signature.h"
#include "parts/update_engine/errors/error_code.h"
#include "parts/update_engine/slots/postinst.h"
#include "parts/update_engine/slots/slots.h"
#include "parts/update_engine/store/store.h"

namespace argosy {
class Loop;
}

namespace argosy::update_engine {

// Of the machine; may change between runs, not during one.
struct Surroundings {
  SlotOptions slots;
  // Its key; empty or missing: signatures are not checked, with a warning.
  std::string public_key = "/usr/share/update_engine/update-payload-key.pub.pem";
  std::string pcr_policy_server;                 // URL; empty: none
  std::string download_user, download_password;  // sent to https payload URLs only
  fetch::Limits limits;                          // of the download
  fetch::Tls tls;
  Duration postinst_limit = minutes(15);
  std::string temporary_directory = "/tmp";
  // The least time between two checkpoints.
  Duration checkpoint_interval = seconds(2);
};
// What the original's downloads keep to: 20 retries, 20 s apart, and so on.
fetch::Limits download_limits();

struct Job {
  std::string url;           // http, https; a path or file: URL only with allows_file
  uint64_t size = 0;         // of the payload; 0: not known, for local files
  std::string payload_hash;  // base64 SHA-256 as the server sent it; empty: not known
  bool is_delta = false;     // as the server says; the payload itself decides
  bool allows_file = false;
};

// As they follow each other; each is told once.
enum class Phase : uint8_t {
  kDownloading,  // event 13/1, UPDATE_STATUS_DOWNLOADING
  kDownloaded,   // the payload was complete and is what was announced: event 14/1
  kFinalizing,   // UPDATE_STATUS_FINALIZING: verification, then postinst
};

// On the loop's thread, from within run(); they may not destroy the installer.
struct Callbacks {
  std::function<void(Phase)> on_phase;
  // Bytes of the payload that are there, those of before an interruption included.
  std::function<void(uint64_t received, uint64_t total)> on_progress;
  // Bytes that came from the URL just now, for the count of its failures.
  std::function<void(uint64_t bytes)> on_received;
};

struct Outcome {
  ErrorCode code = ErrorCode::kSuccess;
  std::string text;         // of an error
  bool is_resumed = false;  // bit 30 of a reported code
};

class Installer {
 public:
  Installer(Loop& loop, Disk& disk, Store& store, Surroundings surroundings);
  // Waits for work that was begun.
  ~Installer();

  // Never ends with an error: that is in the outcome. A failure that makes the progress
  // worthless (all but broken transfers, status.h) has forgotten it.
  Task<Outcome> run(Job job, Callbacks callbacks);

  void set_surroundings(Surroundings surroundings) { surroundings_ = std::move(surroundings); }
  const Surroundings& surroundings() const { return surroundings_; }

  struct Work;

 private:
  Loop& loop_;
  Disk& disk_;
  Store& store_;
  Surroundings surroundings_;
  std::shared_ptr<Work> last_;
};

}  // namespace argosy::update_engine
