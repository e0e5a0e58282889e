#include "lib/payload/apply/applier.h"

#include <algorithm>

#include "base/check.h"
#include "base/format.h"
#include "lib/payload/apply/perform.h"
#include "lib/payload/apply/pipeline.h"

namespace argosy::payload {
namespace {

// A size that somebody claims is not reserved without end.
constexpr uint64_t kLargestReserve = 4 << 20;

ErrorCode verification_error(std::string_view part) {
  if (part == kKernelFile) return ErrorCode::kNewKernelVerification;
  if (part == kPcrPolicyFile) return ErrorCode::kNewPcrPolicyVerification;
  return ErrorCode::kNewRootfsVerification;
}

}  // namespace

class Applier::Run {
 public:
  Run(std::vector<Target> targets, Expectations expectations, std::optional<Checkpoint> resume)
      : targets_(std::move(targets)),
        expect_(std::move(expectations)),
        resume_(std::move(resume)),
        metadata_(expect_.limits),
        pipeline_(expect_.executor) {}

  Result<void> feed(BytesView bytes);
  Result<void> verify_payload();
  Result<void> finish();

  uint64_t position() const;
  std::optional<Checkpoint> checkpoint() const;

  bool has_metadata() const { return metadata_.is_complete(); }
  const MetadataReader& metadata() const { return metadata_; }
  uint64_t operations_done() const { return next_; }
  uint64_t operations_total() const { return steps_.size(); }
  ErrorCode error_code() const { return error_code_; }

 private:
  std::unexpected<Error> refuse(ErrorCode code, Error error);
  std::unexpected<Error> refuse(ErrorCode code, Code kind, std::string why) {
    return refuse(code, Error(kind, std::move(why)));
  }
  // An error of the storage or of an operation's data.
  Result<void> expect_done(Result<void> done, ErrorCode code) {
    if (!done) return refuse(code, std::move(done).error());
    return {};
  }

  Result<void> begin();
  Result<void> verify_metadata();
  Result<void> plan_part(const Part& part);
  Result<void> check_signature_place();
  Result<void> verify_old();
  Result<void> go_on();

  Result<void> feed_operations(BytesView& bytes);
  Result<void> check_step(const Step& step);
  Result<void> write_next();
  Result<void> write_all();
  Result<void> feed_signature(BytesView& bytes);
  Result<void> verify_part(Installation& part);

  bool has_operations_left() const { return begun_ < steps_.size(); }
  bool has_signature_left() const {
    return metadata_.manifest().signatures_offset.has_value() && signature_.empty();
  }
  // Both hashes are the same until the metadata's own signature comes between them.
  bool is_signed_apart() const { return !metadata_.metadata_signature().empty(); }
  const Sha256& signed_hash() const { return is_signed_apart() ? signed_ : all_; }
  void consume(BytesView bytes) {
    all_.update(bytes);
    if (is_signed_apart()) signed_.update(bytes);
    data_offset_ += bytes.size();
  }

  std::vector<Target> targets_;
  Expectations expect_;
  std::optional<Checkpoint> resume_;
  MetadataReader metadata_;

  std::vector<std::unique_ptr<Installation>> parts_;
  std::vector<Step> steps_;
  // Some block is written twice: what was done can't be done again.
  bool is_resumable_ = true;

  uint64_t next_ = 0;         // operations that are written
  uint64_t data_offset_ = 0;  // of their blobs' end, from the first blob
  uint64_t begun_ = 0;        // operations whose blobs are complete
  uint64_t fed_offset_ = 0;   // of their blobs' end
  Bytes pending_;             // the beginning of a blob, or of the signature
  Sha256 all_;                // up to data_offset_
  Sha256 signed_;             // without the metadata's own signature
  Bytes signature_;
  Bytes signed_digest_;
  std::optional<Checkpoint> at_end_;  // of the operations

  bool has_failed_ = false;
  ErrorCode error_code_ = ErrorCode::kSuccess;
  Pipeline pipeline_;
};

std::unexpected<Error> Applier::Run::refuse(ErrorCode code, Error error) {
  has_failed_ = true;
  error_code_ = code;
  return fail(std::move(error));
}

// -- The metadata

Result<void> Applier::Run::verify_metadata() {
  if (metadata_.header().major_version < 2 || !expect_.keys) return {};
  if (metadata_.metadata_signature().empty()) {
    return refuse(ErrorCode::kDownloadMetadataSignatureMissing, Code::kPermissionDenied,
                  "the payload's metadata is not signed");
  }
  return expect_done(
      expect_.keys->verify(metadata_.metadata_signature(), sha256(metadata_.metadata())),
      ErrorCode::kDownloadMetadataSignatureMismatch);
}

Result<void> Applier::Run::plan_part(const Part& part) {
  const bool is_known = !part.name.empty();
  if (is_known && (part.new_info == nullptr || part.new_info->sha256.size() != kSha256Size)) {
    const bool is_main = part.name == kMainPartition;
    return refuse(
        is_main ? ErrorCode::kDownloadPayloadVerification : ErrorCode::kDownloadManifestParse,
        Code::kInvalidArgument, format("the manifest does not say what becomes of {}", part.name));
  }
  if (part.has_computed_extents) {
    return refuse(
        ErrorCode::kDownloadManifestParse, Code::kUnimplemented,
        format("{} has extents that the client computes, which is not supported", part.name));
  }
  const auto target = std::ranges::find(targets_, part.name, &Target::name);
  Installation* to = nullptr;
  if (is_known && target != targets_.end()) {
    to = parts_
             .emplace_back(std::make_unique<Installation>(
                 part, metadata_.manifest().block_bytes(), *target->fresh, target->old,
                 expect_.reads_back ? Verification::kStorage : Verification::kWrites,
                 expect_.executor))
             .get();
    if (to->new_size() > target->fresh->capacity()) {
      return refuse(ErrorCode::kDownloadOperationExecution, Code::kOutOfRange,
                    format("{} gets {} bytes, but has room for {}", part.name, to->new_size(),
                           target->fresh->capacity()));
    }
  }
  for (const Operation& operation : *part.operations) {
    if (to != nullptr) {
      if (!is_supported(operation.type)) {
        return refuse(ErrorCode::kDownloadManifestParse, Code::kUnimplemented,
                      format("{} is not supported", operation_name(operation.type)));
      }
      TRY(expect_done(to->check_operation(operation), ErrorCode::kDownloadOperationExecution));
      is_resumable_ = is_resumable_ && !to->rewrites(operation);
      to->mark_written(operation);
    }
    steps_.push_back({to, &operation});
  }
  return {};
}

Result<void> Applier::Run::check_signature_place() {
  const Manifest& manifest = metadata_.manifest();
  if (!manifest.signatures_offset) {
    if (!expect_.keys) return {};
    return refuse(ErrorCode::kSignedDeltaPayloadExpected, Code::kPermissionDenied,
                  "the payload is not signed");
  }
  const uint64_t size = manifest.signatures_size.value_or(0);
  if (size == 0 || size > expect_.limits.signature_bytes) {
    return refuse(ErrorCode::kDownloadPayloadVerification, Code::kInvalidArgument,
                  format("signatures of {} bytes", size));
  }
  uint64_t end = 0;
  for (const Step& step : steps_) end += step.operation->data_length.value_or(0);
  if (end != *manifest.signatures_offset) {
    return refuse(ErrorCode::kDownloadOperationExecution, Code::kInvalidArgument,
                  format("Signatures located at an unexpected data offset {}, expected {}",
                         *manifest.signatures_offset, end));
  }
  return {};
}

// Each source operation of major version 2 has its own hash; where there is none the
// whole of the old part is looked at.
Result<void> Applier::Run::verify_old() {
  for (const auto& installation : parts_) {
    const Part& part = installation->part();
    const bool is_covered = std::ranges::all_of(*part.operations, [](const Operation& operation) {
      return operation.src_extents.empty() || !operation.src_sha256.empty();
    });
    if (part.old_info == nullptr || (is_covered && !part.is_in_place)) continue;
    if (!installation->has_old()) {
      return refuse(ErrorCode::kDownloadStateInitialization, Code::kFailedPrecondition,
                    format("a delta, but there is no old {}", part.name));
    }
    const uint64_t size = part.old_info->size.value_or(0);
    const auto hash = hash_of(*installation->old(), size);
    if (!hash || *hash != part.old_info->sha256) {
      return refuse(
          ErrorCode::kDownloadStateInitialization, Code::kFailedPrecondition,
          format("the {} is not the version that this delta was made against", part.name));
    }
  }
  return {};
}

Result<void> Applier::Run::go_on() {
  const auto cannot = [&](std::string why) {
    return refuse(ErrorCode::kDownloadStateInitialization, Code::kFailedPrecondition,
                  "cannot resume: " + std::move(why));
  };
  auto all = Sha256::restore(resume_->sha256_state);
  auto without = Sha256::restore(resume_->signed_sha256_state);
  if (!all || !without) return cannot("the hash's state is damaged");
  if (resume_->metadata_size != metadata_.header().metadata_size() ||
      resume_->metadata_sha256 != sha256(metadata_.metadata())) {
    return cannot("it is another payload");
  }
  if (!is_resumable_) return cannot("its operations can be run only once");
  if (resume_->next_operation > steps_.size()) return cannot("it has fewer operations");
  uint64_t offset = 0;
  for (uint64_t i = 0; i < resume_->next_operation; ++i) {
    offset += steps_[i].operation->data_length.value_or(0);
  }
  if (offset != resume_->next_data_offset) return cannot("the offset fits no operation");
  all_ = *all;
  signed_ = *without;
  begun_ = next_ = resume_->next_operation;
  fed_offset_ = data_offset_ = resume_->next_data_offset;
  return {};
}

Result<void> Applier::Run::begin() {
  TRY(verify_metadata());
  for (const Part& part : parts_of(metadata_.manifest())) TRY(plan_part(part));
  const bool has_main = std::ranges::any_of(steps_, [](const Step& s) { return s.to != nullptr; });
  if (!has_main && !steps_.empty()) {
    return refuse(ErrorCode::kInstallDeviceOpenError, Code::kNotFound,
                  "nothing of the payload has a place to go to");
  }
  TRY(check_signature_place());
  for (const auto& part : parts_) part->forget_written();
  all_.update(metadata_.metadata());
  all_.update(metadata_.metadata_signature());
  if (is_signed_apart()) signed_.update(metadata_.metadata());
  if (!resume_) {
    TRY(verify_old());
  } else {
    TRY(go_on());
    for (uint64_t i = 0; i < next_; ++i) {
      if (steps_[i].to != nullptr) steps_[i].to->mark_written(*steps_[i].operation);
    }
  }
  return {};
}

// -- The operations

Result<void> Applier::Run::check_step(const Step& step) {
  const uint64_t size = step.operation->data_length.value_or(0);
  const uint64_t offset = step.operation->data_offset.value_or(0);
  const bool is_elsewhere = size > 0 && offset != fed_offset_;
  if (!is_elsewhere && size <= expect_.limits.blob_bytes) return {};
  // What is wrong with those before it comes first.
  TRY(write_all());
  if (is_elsewhere) {
    return refuse(ErrorCode::kDownloadOperationExecution, Code::kInvalidArgument,
                  format("Operation {} skipped to unexpected data offset {}, expected {}", begun_,
                         offset, fed_offset_));
  }
  return refuse(ErrorCode::kDownloadOperationExecution, Code::kResourceExhausted,
                format("operation {} has a blob of {} bytes", begun_, size));
}

Result<void> Applier::Run::write_next() {
  const auto job = pipeline_.take();
  if (auto refusal = job->write(expect_.limits)) {
    return refuse(refusal->code, std::move(refusal->error));
  }
  if (Installation* to = job->step().to) {
    to->mark_written(*job->step().operation);
    to->verify_behind();
  }
  consume(job->blob());
  ++next_;
  return {};
}

Result<void> Applier::Run::write_all() {
  while (!pipeline_.is_empty()) TRY(write_next());
  return {};
}

Result<void> Applier::Run::feed_operations(BytesView& bytes) {
  while (has_operations_left()) {
    const Step& step = steps_[begun_];
    TRY(check_step(step));
    const uint64_t size = step.operation->data_length.value_or(0);
    const size_t some = std::min<uint64_t>(size - pending_.size(), bytes.size());
    if (pending_.empty()) pending_.reserve(std::min(size, kLargestReserve));
    pending_ += bytes.substr(0, some);
    bytes.remove_prefix(some);
    if (pending_.size() < size) break;
    pipeline_.add(begun_, step, std::exchange(pending_, {}));
    fed_offset_ += size;
    ++begun_;
    while (pipeline_.is_due()) TRY(write_next());
  }
  while (pipeline_.is_due()) TRY(write_next());
  if (!has_operations_left()) TRY(write_all());
  return {};
}

Result<void> Applier::Run::feed_signature(BytesView& bytes) {
  const uint64_t size = *metadata_.manifest().signatures_size;
  const size_t some = std::min<uint64_t>(size - pending_.size(), bytes.size());
  pending_ += bytes.substr(0, some);
  bytes.remove_prefix(some);
  if (pending_.size() < size) return {};
  at_end_ = checkpoint();
  signature_ = std::exchange(pending_, {});
  signed_digest_ = Sha256(signed_hash()).finish();
  consume(signature_);
  fed_offset_ = data_offset_;
  return {};
}

Result<void> Applier::Run::feed(BytesView bytes) {
  check(!has_failed_, "nothing is fed after an error");
  if (!metadata_.is_complete()) {
    if (auto done = metadata_.feed(bytes); !done) {
      return refuse(metadata_.error_code(), std::move(done).error());
    }
    if (!metadata_.is_complete()) return {};
    TRY(begin());
    // What follows the metadata is not what an update goes on with.
    if (resume_) return {};
  }
  TRY(feed_operations(bytes));
  if (has_operations_left()) return {};
  if (has_signature_left()) TRY(feed_signature(bytes));
  if (bytes.empty()) return {};
  return refuse(ErrorCode::kPayloadSizeMismatch, Code::kInvalidArgument,
                "the payload is longer than its manifest says");
}

// -- The end

Result<void> Applier::Run::verify_payload() {
  check(!has_failed_, "nothing is verified after an error");
  // An operation that is wrong comes before an end that is early.
  TRY(write_all());
  const uint64_t size = position();
  const bool is_whole = has_metadata() && !has_operations_left() && !has_signature_left();
  if (!is_whole || (expect_.size && *expect_.size != size)) {
    return refuse(ErrorCode::kPayloadSizeMismatch, Code::kDataLoss,
                  expect_.size ? format("the payload has {} bytes and not {}", size, *expect_.size)
                               : format("the payload ends early, after {} bytes", size));
  }
  if (!expect_.sha256.empty() && Sha256(all_).finish() != expect_.sha256) {
    return refuse(ErrorCode::kPayloadHashMismatch, Code::kDataLoss,
                  "the payload has another hash than announced");
  }
  if (!expect_.keys) return {};
  return expect_done(expect_.keys->verify(signature_, signed_digest_),
                     ErrorCode::kDownloadPayloadPubKeyVerification);
}

Result<void> Applier::Run::verify_part(Installation& part) {
  TRY(expect_done(part.finish(), ErrorCode::kDownloadOperationExecution));
  const ErrorCode code = verification_error(part.part().name);
  const auto hash = part.hash();
  if (!hash) return refuse(code, hash.error());
  if (*hash == part.part().new_info->sha256) return {};
  return refuse(code, Code::kDataLoss,
                format("the new {} has another hash than the manifest says", part.part().name));
}

Result<void> Applier::Run::finish() {
  check(!has_failed_, "nothing is finished after an error");
  TRY(verify_payload());
  for (const auto& part : parts_) TRY(verify_part(*part));
  return {};
}

uint64_t Applier::Run::position() const {
  if (!metadata_.is_complete()) return metadata_.size();
  return metadata_.header().blobs_offset() + fed_offset_ + pending_.size();
}

std::optional<Checkpoint> Applier::Run::checkpoint() const {
  if (at_end_) return at_end_;
  if (next_ == 0 || !is_resumable_) return std::nullopt;
  return Checkpoint{.next_operation = next_,
                    .next_data_offset = data_offset_,
                    .metadata_size = metadata_.header().metadata_size(),
                    .metadata_sha256 = sha256(metadata_.metadata()),
                    .sha256_state = all_.save(),
                    .signed_sha256_state = signed_hash().save()};
}

// -- The door

Applier::Applier(std::vector<Target> targets, Expectations expectations)
    : run_(std::make_unique<Run>(std::move(targets), std::move(expectations), std::nullopt)) {}
Applier::Applier(std::vector<Target> targets, Expectations expectations, Checkpoint resume)
    : run_(std::make_unique<Run>(std::move(targets), std::move(expectations), std::move(resume))) {}
Applier::~Applier() = default;

Result<void> Applier::feed(BytesView bytes) {
  return run_->feed(bytes);
}
Result<void> Applier::verify_payload() {
  return run_->verify_payload();
}
Result<void> Applier::finish() {
  return run_->finish();
}
uint64_t Applier::position() const {
  return run_->position();
}
uint64_t Applier::metadata_size() const {
  return run_->has_metadata() ? run_->metadata().header().metadata_size() : 0;
}
const Manifest* Applier::manifest() const {
  return run_->has_metadata() ? &run_->metadata().manifest() : nullptr;
}
std::optional<Checkpoint> Applier::checkpoint() const {
  return run_->checkpoint();
}
uint64_t Applier::operations_done() const {
  return run_->operations_done();
}
uint64_t Applier::operations_total() const {
  return run_->operations_total();
}
ErrorCode Applier::error_code() const {
  return run_->error_code();
}

}  // namespace argosy::payload
