#include "lib/payload/apply/pipeline.h"

#include "base/format.h"
#include "lib/payload/apply/perform.h"
#include "sys/crypto/digest.h"

namespace argosy::payload {

// -- Job

Job::Job(uint64_t number, Step step, Bytes blob)
    : number_(number),
      step_(step),
      blob_(std::move(blob)),
      is_ahead_(step.to != nullptr && can_be_made_ahead(*step.to, *step.operation)),
      bytes_(blob_.size() + (is_ahead_ ? bytes_ahead(*step.to, *step.operation) : 0)) {}

void Job::make_once() {
  State waiting = State::kWaiting;
  if (!state_.compare_exchange_strong(waiting, State::kBeingMade)) return;
  refusal_ = make();
  state_.store(State::kMade, std::memory_order_release);
  state_.notify_all();
}

void Job::abandon() {
  State waiting = State::kWaiting;
  if (!state_.compare_exchange_strong(waiting, State::kMade)) wait();
}

Refusal Job::refuse(Error error) const {
  return {ErrorCode::kDownloadOperationExecution,
          std::move(error).context(format("operation {}", number_))};
}

std::optional<Refusal> Job::verify() const {
  const Operation& operation = *step_.operation;
  if (blob_.empty() && operation.data_sha256.empty()) return std::nullopt;
  if (operation.data_sha256.empty()) {
    return Refusal{ErrorCode::kDownloadOperationHashMissing,
                   Error(Code::kInvalidArgument, format("operation {} has no hash", number_))};
  }
  if (sha256(blob_) == operation.data_sha256) return std::nullopt;
  return Refusal{ErrorCode::kDownloadOperationHashMismatch,
                 Error(Code::kDataLoss,
                       format("operation {} has another hash than the manifest says", number_))};
}

std::optional<Refusal> Job::make() {
  if (step_.to == nullptr) return std::nullopt;
  if (auto refusal = verify()) return refusal;
  if (!is_ahead_) return std::nullopt;
  if (auto source = verify_source(*step_.to, *step_.operation); !source) {
    return Refusal{ErrorCode::kDownloadStateInitialization, std::move(source).error()};
  }
  auto output = make_ahead(*step_.to, *step_.operation, blob_);
  if (!output) return refuse(std::move(output).error());
  output_ = *std::move(output);
  return std::nullopt;
}

std::optional<Refusal> Job::write(const Limits& limits) {
  if (refusal_ || step_.to == nullptr) return refusal_;
  if (is_ahead_) {
    auto done = put(*step_.to, *step_.operation, output_);
    return done ? std::nullopt : std::optional(refuse(std::move(done).error()));
  }
  if (auto source = verify_source(*step_.to, *step_.operation); !source) {
    return Refusal{ErrorCode::kDownloadStateInitialization, std::move(source).error()};
  }
  auto done = perform(*step_.to, *step_.operation, blob_, limits);
  return done ? std::nullopt : std::optional(refuse(std::move(done).error()));
}

// -- Pipeline

Pipeline::~Pipeline() {
  for (const auto& job : jobs_) job->abandon();
}

void Pipeline::add(uint64_t number, Step step, Bytes blob) {
  const auto& job = jobs_.emplace_back(std::make_shared<Job>(number, step, std::move(blob)));
  bytes_ += job->bytes();
  if (executor_ != nullptr) executor_->run([job] { job->make_once(); });
}

bool Pipeline::is_due() const {
  return !jobs_.empty() &&
         (executor_ == nullptr || bytes_ >= kMostBytes || jobs_.front()->is_made());
}

std::shared_ptr<Job> Pipeline::take() {
  std::shared_ptr<Job> job = std::move(jobs_.front());
  jobs_.pop_front();
  bytes_ -= job->bytes();
  job->make_once();
  job->wait();
  return job;
}

}  // namespace argosy::payload
