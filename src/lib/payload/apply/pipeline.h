// Operations on their way: made in any order by whoever has time, taken in the payload's.
//
// One thread, but for what it gives to the executor. Without one everything is made when it
// is taken.
#pragma once

#include <atomic>
#include <deque>
#include <memory>

#include "lib/payload/apply/ahead.h"
#include "lib/payload/apply/executor.h"
#include "lib/payload/format/error_code.h"

namespace argosy::payload {

// An operation and the part that it belongs to; none for one that is left out.
struct Step {
  Installation* to = nullptr;
  const Operation* operation = nullptr;
};

struct Refusal {
  ErrorCode code = ErrorCode::kSuccess;
  Error error;
};

// A step with its blob, and what has come of it.
class Job {
 public:
  Job(uint64_t number, Step step, Bytes blob);

  const Step& step() const { return step_; }
  BytesView blob() const { return blob_; }
  // Of blob and output.
  uint64_t bytes() const { return bytes_; }

  // Whose blob is checked, and what can be made ahead is. By the first who asks.
  void make_once();
  bool is_made() const { return state_.load(std::memory_order_acquire) == State::kMade; }
  void wait() const { state_.wait(State::kBeingMade, std::memory_order_acquire); }
  // Nobody begins it any more; waits for who has.
  void abandon();

  // -- Once it is made
  // Writes it, in its turn.
  std::optional<Refusal> write(const Limits& limits);

 private:
  enum class State : uint8_t { kWaiting, kBeingMade, kMade };

  std::optional<Refusal> make();
  std::optional<Refusal> verify() const;
  Refusal refuse(Error error) const;

  const uint64_t number_;
  const Step step_;
  const Bytes blob_;
  const bool is_ahead_;
  const uint64_t bytes_;
  std::atomic<State> state_ = State::kWaiting;
  Output output_;
  std::optional<Refusal> refusal_;
};

class Pipeline {
 public:
  // Of blobs and outputs, as the manifest has their sizes. Who takes what is due before
  // adding holds no more than this and one operation.
  static constexpr uint64_t kMostBytes = 32 << 20;

  explicit Pipeline(Executor* executor) : executor_(executor) {}
  // Waits for what is being made.
  ~Pipeline();
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  void add(uint64_t number, Step step, Bytes blob);
  bool is_empty() const { return jobs_.empty(); }
  // Taking the first would not wait, or there is enough in memory.
  bool is_due() const;
  // The first that was added, made. There is one.
  std::shared_ptr<Job> take();

 private:
  Executor* executor_;
  std::deque<std::shared_ptr<Job>> jobs_;
  uint64_t bytes_ = 0;
};

}  // namespace argosy::payload
