#include "io/task/task.h"

#include <doctest/doctest.h>

#include "io/task/scope.h"
#include "io/task/wait.h"
#include "sim/loop/sim_loop.h"

namespace argosy {
namespace {

struct Counted {
  explicit Counted(int& count) : count_(count) { ++count_; }
  ~Counted() { --count_; }
  int& count_;
};

Task<int> number(int value) {
  co_return value;
}
Task<int> broken() {
  co_return fail(Code::kNotFound, "no number");
}

Task<int> sum_with_failure(int& alive, int& reached) {
  const Counted counted(alive);
  const int first = co_await number(1);
  ++reached;
  const int second = co_await broken();
  ++reached;
  co_return first + second;
}

Task<void> look(int& alive, int& reached, std::optional<Result<int>>& seen) {
  seen = co_await result(sum_with_failure(alive, reached));
}

TEST_CASE("an error climbs to who asks for it and destroys the frames between") {
  sim::SimLoop loop;
  Scope scope(loop);
  int alive = 0;
  int reached = 0;
  std::optional<Result<int>> seen;
  scope.spawn(look(alive, reached, seen));
  loop.settle();
  REQUIRE(seen.has_value());
  CHECK(seen->error().message() == "no number");
  CHECK(reached == 1);
  CHECK(alive == 0);
  CHECK(scope.size() == 0);
}

Task<void> fails_by_result() {
  co_await failure(Code::kAborted, "enough");
}

TEST_CASE("a scope hears of the error of a task that nobody awaits") {
  sim::SimLoop loop;
  std::string heard;
  Scope scope(loop, [&](const Error& error) { heard = error.message(); });
  scope.spawn(fails_by_result());
  loop.settle();
  CHECK(heard == "enough");
}

Task<void> wait_for(Eventual<int>& eventual, int& got, int& alive) {
  const Counted counted(alive);
  got = co_await co_await eventual.wait();
}

TEST_CASE("an eventual resumes its waiter in a turn, not inside set") {
  sim::SimLoop loop;
  Scope scope(loop);
  Eventual<int> eventual(loop);
  int got = 0;
  int alive = 0;
  scope.spawn(wait_for(eventual, got, alive));
  eventual.set(7);
  CHECK(got == 0);
  loop.settle();
  CHECK(got == 7);
  CHECK(alive == 0);
}

TEST_CASE("a waiter that is dropped after its value was set never resumes") {
  sim::SimLoop loop;
  Eventual<int> eventual(loop);
  int got = 0;
  int alive = 0;
  {
    Scope scope(loop);
    scope.spawn(wait_for(eventual, got, alive));
    eventual.set(7);
  }
  loop.settle();
  CHECK(got == 0);
  CHECK(alive == 0);
}

Task<void> cancel_self(Scope& scope, Loop& loop, int& alive) {
  const Counted counted(alive);
  scope.cancel();
  co_await sleep_for(loop, seconds(1));
}

TEST_CASE("a task may cancel its own scope") {
  sim::SimLoop loop;
  Scope scope(loop);
  int alive = 0;
  scope.spawn(cancel_self(scope, loop, alive));
  CHECK(alive == 1);
  loop.settle();
  CHECK(alive == 0);
  CHECK(scope.size() == 0);
}

Task<int> slow(Loop& loop, Duration duration, int& alive) {
  const Counted counted(alive);
  co_await sleep_for(loop, duration);
  co_return 5;
}

Task<void> race(Loop& loop, Duration work, Duration limit, int& alive,
                std::optional<Result<int>>& seen) {
  seen = co_await with_deadline(loop, loop.now() + limit, slow(loop, work, alive));
}

TEST_CASE("a deadline destroys what is late and leaves alone what is not") {
  sim::SimLoop loop;
  Scope scope(loop);
  int alive = 0;
  std::optional<Result<int>> late;
  std::optional<Result<int>> early;
  scope.spawn(race(loop, seconds(3), seconds(1), alive, late));
  scope.spawn(race(loop, seconds(1), seconds(3), alive, early));
  CHECK(alive == 2);
  loop.advance(milliseconds(999));
  CHECK(!late.has_value());
  loop.advance(milliseconds(1));
  REQUIRE(late.has_value());
  CHECK(late->error().code() == Code::kDeadlineExceeded);
  REQUIRE(early.has_value());
  CHECK(early->value() == 5);
  CHECK(alive == 0);
}

Task<void> wait_then_count(Wakeup& wakeup, int& count) {
  co_await wakeup.wait();
  ++count;
  co_await wakeup.wait();
  ++count;
}

TEST_CASE("a wake-up wakes each waiter once") {
  sim::SimLoop loop;
  Scope scope(loop);
  Wakeup wakeup(loop);
  int count = 0;
  scope.spawn(wait_then_count(wakeup, count));
  scope.spawn(wait_then_count(wakeup, count));
  wakeup.notify_all();
  wakeup.notify_all();
  loop.settle();
  CHECK(count == 2);
  wakeup.notify_all();
  loop.settle();
  CHECK(count == 4);
}

Task<void> use_worker(Loop& loop, int& got) {
  got = co_await on_worker<int>(loop, [] { return Result<int>(3); });
}

TEST_CASE("a worker's result comes back to the loop") {
  sim::SimLoop loop;
  Scope scope(loop);
  int got = 0;
  scope.spawn(use_worker(loop, got));
  loop.settle();
  CHECK(got == 3);
}

TEST_CASE("timers fire in the order of their times and can be disarmed") {
  sim::SimLoop loop;
  std::vector<int> fired;
  std::vector<std::unique_ptr<Timer>> timers;
  for (int i = 0; i < 50; ++i) {
    const int place = (i * 37) % 50;
    timers.push_back(std::make_unique<Timer>(loop, [&fired, place] { fired.push_back(place); }));
    timers.back()->arm_after(milliseconds(place));
  }
  timers[0].reset();
  loop.advance(milliseconds(60));
  REQUIRE(fired.size() == 49);
  for (size_t i = 0; i < fired.size(); ++i) CHECK(fired[i] == static_cast<int>(i) + 1);
}

TEST_CASE("a timer that arms itself for now does not hold up the turn") {
  sim::SimLoop loop;
  int fired = 0;
  std::unique_ptr<Timer> timer;
  timer = std::make_unique<Timer>(loop, [&] {
    if (++fired < 5) timer->arm_after(Duration(0));
  });
  timer->arm_after(Duration(0));
  loop.settle();
  CHECK(fired == 1);
  loop.advance(milliseconds(1));
  CHECK(fired == 5);
}

TEST_CASE("an awaiter that is dropped unused leaves the one that waits alone") {
  sim::SimLoop loop;
  Scope scope(loop);
  Eventual<int> eventual(loop);
  int got = 0;
  int alive = 0;
  scope.spawn(wait_for(eventual, got, alive));
  {
    const auto unused = eventual.wait();
  }
  eventual.set(7);
  loop.settle();
  CHECK(got == 7);
}

}  // namespace
}  // namespace argosy
