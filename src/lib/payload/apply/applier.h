// Applier: a payload goes in as bytes, in pieces of any size; the new partition comes out
// through Storage. It is a state machine without threads or I/O of its own. With an
// executor blobs are checked and unpacked, old slots read and patches applied beside each
// other; what is written, and in which order, stays the same.
//
// Nothing is written before its operation's hash is checked, no delta is applied before
// its source is. At the end come the size and hash of the whole payload, its signature,
// and the hash of everything that was written, in the original's order. Each defect
// leaves the original's number in error_code().
//
// The old slot is only read. A payload of major version 1, which the original applies in
// place on a copy of the old slot, is applied without that copy: blocks that no operation
// has written yet are read from the old slot, and those that none writes are copied at
// the end.
//
// A checkpoint is a value. What is saved must not be ahead of the storage: make its
// writes durable first, then the checkpoint. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/payload/apply/executor.h"
#include "lib/payload/apply/storage.h"
#include "lib/payload/format/metadata.h"
#include "lib/payload/signature/signature.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {

// Where one part of a payload goes. Borrowed; both outlive the applier.
struct Target {
  // As in parts_of(): kMainPartition, kKernelFile, or the partition's name.
  std::string name;
  Storage* fresh = nullptr;
  // The old version; nullptr when there is none, so that only full payloads apply.
  Storage* old = nullptr;
};

struct Expectations {
  // Of the whole payload, as the update service announced them; empty: not checked.
  std::optional<uint64_t> size;
  Bytes sha256;
  // Without a keyring signatures are not looked at, as when the original finds no key.
  // With one the metadata of major version 2 is verified before anything is written.
  std::optional<Keyring> keys;
  Limits limits;
  // Reads all that was written back from storage; with an executor, from storage that reads
  // its medium, while the rest is still coming. Without it, what was written in order counts
  // as hashed on its way.
  bool reads_back = true;
  // Borrowed; outlives the applier. nullptr: all is done within feed() and finish().
  Executor* executor = nullptr;
};

// Where an interrupted update goes on. The names in brackets are the keys under which
// the original keeps the same.
struct Checkpoint {
  uint64_t next_operation = 0;    // over all parts [update-state-next-operation]
  uint64_t next_data_offset = 0;  // [update-state-next-data-offset]
  uint64_t metadata_size = 0;     // [manifest-metadata-size]
  Bytes metadata_sha256;
  Bytes sha256_state;         // [update-state-sha-256-context]
  Bytes signed_sha256_state;  // [update-state-signed-sha-256-context]
};

class Applier {
 public:
  Applier(std::vector<Target> targets, Expectations expectations);
  // Goes on from a checkpoint: feed() takes the metadata again, throws away what came
  // with its last piece, and then wants the bytes from position() on.
  Applier(std::vector<Target> targets, Expectations expectations, Checkpoint resume);
  ~Applier();

  // Bytes from position() on. After an error it takes no more. It works as long as it
  // takes, which is long at the end of a delta's metadata: the old part is read then.
  Result<void> feed(BytesView bytes);
  // The payload's end, the first part of finish(): its size, hash and signature. Quick.
  Result<void> verify_payload();
  // The payload's end: all checks that were left. Long: it may read what was written.
  Result<void> finish();

  // Of the next byte that feed() wants, in the payload's file. It jumps once, after the
  // metadata, when an update is resumed.
  uint64_t position() const;
  // 20 + manifest in major version 1; 0 while it is not known.
  uint64_t metadata_size() const;
  // nullptr while it is not known.
  const Manifest* manifest() const;

  // As of the last operation that is complete. Empty before the first, and always when
  // the payload writes some block twice (the original breaks cycles so): its operations
  // can be run only once, and an interrupted update starts anew.
  std::optional<Checkpoint> checkpoint() const;

  uint64_t operations_done() const;
  uint64_t operations_total() const;  // 0 while the manifest is not known
  // kSuccess unless something has failed.
  ErrorCode error_code() const;

  class Run;

 private:
  std::unique_ptr<Run> run_;
};

}  // namespace argosy::payload
