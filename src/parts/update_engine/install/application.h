// A payload on its way into the other slot: the applier, the files it writes, and what makes
// them durable. Knows nothing of where the bytes come from.
//
// One thread at a time, except commit(), which may run beside the others.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "lib/payload/apply/applier.h"
#include "parts/update_engine/errors/error_code.h"
#include "parts/update_engine/slots/slots.h"
#include "parts/update_engine/store/store.h"

namespace argosy::update_engine {

class SlotStorage;
class FileOnDemand;
class WorkerThreads;

struct ApplicationOptions {
  Slots slots;
  std::optional<payload::Keyring> keys;
  std::optional<uint64_t> size;  // of the payload
  Bytes sha256;                  // of the payload; empty: not checked
  std::optional<payload::Checkpoint> resume;
  // That unpack beside the one that writes; 0: one for each processor. Nothing: none, and all
  // is done within the calls, in the same order every time.
  std::optional<unsigned> threads;
};

class Application {
 public:
  // The slots' devices must open; `code` says which did not.
  static Result<std::unique_ptr<Application>> open(Disk& disk, Store& store,
                                                   ApplicationOptions options, ErrorCode& code);
  ~Application();

  Result<void> feed(BytesView bytes);
  // The payload is complete and what was announced.
  Result<void> verify_payload();
  // What was written is on the medium, and read from there it is what the payload says.
  Result<void> finish();
  uint64_t position() const { return applier_->position(); }
  ErrorCode error_code() const;

  std::optional<payload::Checkpoint> checkpoint() const { return applier_->checkpoint(); }
  // Makes the slot's writes durable, then the checkpoint, which is not newer than they are.
  Result<void> commit(const payload::Checkpoint& checkpoint);

  // What of the payload has a file of its own, for postinst and the PCR policy's server.
  bool has_kernel() const;
  bool has_pcr_policy() const;

 private:
  Application(Disk& disk, Store& store, ApplicationOptions options);
  Result<void> open_files(ErrorCode& code);
  Result<void> make_durable();
  bool has_part(std::string_view name) const;
  bool is_full() const;

  Disk& disk_;
  Store& store_;
  ApplicationOptions options_;
  std::unique_ptr<File> active_file_;
  std::unique_ptr<File> kernel_file_;  // the active slot's
  std::unique_ptr<payload::Storage> active_;
  std::unique_ptr<payload::Storage> active_kernel_;
  std::unique_ptr<SlotStorage> slot_;
  std::unique_ptr<FileOnDemand> kernel_;
  std::unique_ptr<FileOnDemand> pcr_policy_;
  std::unique_ptr<WorkerThreads> threads_;
  std::unique_ptr<payload::Applier> applier_;
  std::atomic<bool> is_full_{false};
};

}  // namespace argosy::update_engine
