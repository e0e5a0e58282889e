#include "parts/etcd/wal/log_reader.h"

#include "base/crc32c.h"
#include "base/format.h"
#include "parts/etcd/wal/torn_tail.h"

namespace argosy::etcd::wal {
namespace {

// A segment is its nominal size and one save more; this is far beyond.
constexpr uint64_t kMaxSegmentBytes = 4ULL << 30;

Result<Bytes> read_whole(File& file) {
  const uint64_t size = TRY(file.size());
  if (size > kMaxSegmentBytes) {
    return fail(Code::kResourceExhausted, format("{} has {} bytes", file.path(), size));
  }
  Bytes content;
  Result<size_t> got = size_t{0};
  content.resize_and_overwrite(size, [&](char* to, size_t) {
    got = file.read_at(0, to, size);
    return got.value_or(0);
  });
  TRY(std::move(got));
  return content;
}

}  // namespace

Error LogReader::error_here(Code code, std::string message) const {
  return Error(code, std::move(message))
      .context(format("{} at offset {}", segments_[current_]->path(), record_at_));
}

Result<void> LogReader::load() {
  segment_ = TRY(read_whole(*segments_[current_]));
  offset_ = 0;
  proof_ = SyncProof();
  is_loaded_ = true;
  return {};
}

// A zero length ends a segment. Another may follow; in the last one, something else may.
Result<bool> LogReader::is_at_segment_end() {
  const uint64_t left = segment_.size() - offset_;
  const bool is_zero = left < kFrameBytes ? is_all_zero(BytesView(segment_).substr(offset_))
                                          : load_le64(segment_.data() + offset_) == 0;
  if (!is_zero) return false;
  has_garbage_ = is_last() && !is_all_zero(BytesView(segment_).substr(offset_));
  if (has_garbage_ && !is_end_of_log(segment_, offset_)) {
    return fail(error_here(Code::kDataLoss, "wal: zero length before the end of the log"));
  }
  return true;
}

Result<std::optional<Record>> LogReader::next() {
  while (!is_done_) {
    if (current_ == segments_.size()) break;
    if (!is_loaded_) TRY(load());
    record_at_ = offset_;
    if (TRY(is_at_segment_end())) {
      is_done_ = is_last();
      if (is_done_) break;
      ++current_;
      is_loaded_ = false;
      continue;
    }
    const auto record = TRY(take_record());
    if (!record || !record->is(RecordType::kCrc)) return record;
  }
  return std::nullopt;
}

// Damage, unless it is the torn end of the log.
Result<std::optional<Record>> LogReader::refuse(std::string message) {
  if (!is_last() || !is_torn_record(segment_, record_at_)) {
    return fail(error_here(Code::kDataLoss, std::move(message)));
  }
  is_torn_ = is_done_ = has_garbage_ = true;
  return std::nullopt;
}

Result<std::optional<Record>> LogReader::take_record() {
  const uint64_t left = segment_.size() - offset_;
  if (left < kFrameBytes) return refuse("unexpected EOF");
  const uint64_t field = load_le64(segment_.data() + offset_);
  const auto frame = parse_length_field(field);
  if (!frame) return refuse("wal: malformed length");
  if (frame->record + frame->padding >= kMaxRecordBytes) {
    return fail(error_here(Code::kDataLoss, "wal: max entry size limit exceeded"));
  }
  if (frame->total() > left) return refuse("unexpected EOF");
  const auto record =
      parse_record(BytesView(segment_).substr(offset_ + kFrameBytes, frame->record));
  if (!record) return refuse(record.error().message());
  if (record->is(RecordType::kCrc)) {
    TRY(check_crc(*record));
    crc_ = record->crc;
  } else {
    const uint32_t crc = crc32c(crc_, record->data);
    if (crc != record->crc) return refuse("wal: crc mismatch");
    crc_ = crc;
  }
  offset_ += frame->total();
  proof_.see(*record, record_at_, offset_);
  return *record;
}

// The first segment read hands over what is not known yet.
Result<void> LogReader::check_crc(const Record& record) {
  if (crc_ == 0 || record.crc == crc_) return {};
  return fail(error_here(Code::kDataLoss, "wal: crc mismatch"));
}

}  // namespace argosy::etcd::wal
