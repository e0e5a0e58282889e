// Many independent pieces of work on a few threads, their results taken in order on the
// caller's, within a bound of memory.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "base/result.h"

namespace argosy::payload {

struct ParallelBounds {
  unsigned threads = 1;
  uint64_t memory_bytes = uint64_t{200} << 20;
};

// `cost(i)` is the memory that make(i) needs; more than the bound runs alone. The first
// error, of make or of take, ends it once what has begun is done.
template <typename T>
class OrderedParallel {
 public:
  using Cost = std::function<uint64_t(size_t)>;
  using Make = std::function<Result<T>(size_t)>;
  using Take = std::function<Result<void>(size_t, T)>;

  OrderedParallel(ParallelBounds bounds, size_t count, Cost cost, Make make, Take take)
      : bounds_(bounds),
        count_(count),
        cost_(std::move(cost)),
        make_(std::move(make)),
        take_(std::move(take)) {}

  Result<void> run() {
    std::vector<std::jthread> threads;
    for (unsigned i = 0; i < std::max(1U, bounds_.threads); ++i) {
      threads.emplace_back([this] { work(); });
    }
    Result<void> outcome;
    for (size_t i = 0; i < count_ && outcome; ++i) outcome = take_next(i);
    const std::unique_lock lock(mutex_);
    is_stopped_ = true;
    changed_.notify_all();
    return outcome;
  }

 private:
  Result<void> take_next(size_t index) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return made_.contains(index); });
    Result<T> result = std::move(made_.extract(index).mapped());
    ++taken_;
    changed_.notify_all();
    lock.unlock();
    if (!result) return fail(std::move(result).error());
    return take_(index, *std::move(result));
  }

  void work() {
    while (const std::optional<size_t> index = claim()) {
      Result<T> result = make_(*index);
      const std::unique_lock lock(mutex_);
      in_use_ -= cost_(*index);
      made_.emplace(*index, std::move(result));
      changed_.notify_all();
    }
  }

  // The next index, when there is memory for it; none at the end.
  std::optional<size_t> claim() {
    std::unique_lock lock(mutex_);
    // Results that wait for their turn count too, if not by size.
    const size_t ahead = size_t{3} * std::max(1U, bounds_.threads);
    changed_.wait(lock, [&] {
      if (is_stopped_ || next_ >= count_) return true;
      const bool fits = in_use_ == 0 || in_use_ + cost_(next_) <= bounds_.memory_bytes;
      return fits && next_ < taken_ + ahead;
    });
    if (is_stopped_ || next_ >= count_) return std::nullopt;
    in_use_ += cost_(next_);
    return next_++;
  }

  const ParallelBounds bounds_;
  const size_t count_;
  const Cost cost_;
  const Make make_;
  const Take take_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  size_t next_ = 0;
  size_t taken_ = 0;
  uint64_t in_use_ = 0;
  bool is_stopped_ = false;
  std::map<size_t, Result<T>> made_;
};

}  // namespace argosy::payload
