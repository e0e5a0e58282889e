// Reads the records of a log, segment after segment, and finds its end.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "parts/etcd/wal/format.h"
#include "parts/etcd/wal/sync_proof.h"
#include "sys/file/disk.h"

namespace argosy::etcd::wal {

class LogReader {
 public:
  // The segments in order, the newest last; they outlive this.
  explicit LogReader(std::vector<File*> segments) : segments_(std::move(segments)) {}

  // The next record of a kind other than kCrc, whose checksum is right, or nothing at
  // the end. Its data is good until the next call. Errors are DataLoss, with the file
  // and the offset as context.
  Result<std::optional<Record>> next();

  // An error about the record that next() has returned last.
  Error error_here(Code code, std::string message) const;

  // -- Once next() has returned nothing: of the last segment,

  // the end of its last good record,
  uint64_t end() const { return offset_; }
  // whether that is followed by a torn record,
  bool is_torn() const { return is_torn_; }
  // whether by anything but zeros,
  bool has_garbage() const { return has_garbage_; }
  // where the records begin that may have been written without being synced,
  uint64_t unproven_from() const { return proof_.synced_until().value_or(0); }
  // and the checksum to go on with.
  uint32_t crc() const { return crc_; }

 private:
  bool is_last() const { return current_ + 1 == segments_.size(); }
  Result<void> load();
  Result<bool> is_at_segment_end();
  Result<std::optional<Record>> take_record();
  Result<std::optional<Record>> refuse(std::string message);
  Result<void> check_crc(const Record& record);

  std::vector<File*> segments_;
  size_t current_ = 0;
  bool is_loaded_ = false;
  bool is_done_ = false;
  bool is_torn_ = false;
  bool has_garbage_ = false;
  Bytes segment_;
  uint64_t offset_ = 0;     // of the next frame
  uint64_t record_at_ = 0;  // of the last record's frame
  SyncProof proof_;
  uint32_t crc_ = 0;
};

}  // namespace argosy::etcd::wal
