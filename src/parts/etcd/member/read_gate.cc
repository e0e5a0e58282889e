#include "parts/etcd/member/read_gate.h"

#include "parts/etcd/error/errors.h"

namespace argosy::etcd::member {
namespace {

constexpr Duration kRetry = milliseconds(500);

}  // namespace

ReadGate::ReadGate(Loop& loop, Source source, Duration timeout)
    : loop_(loop), source_(std::move(source)), timeout_(timeout), retry_(loop, [this] {
        if (loop_.now() - asked_at_ >= timeout_) return finish(fail(error::timeout()));
        ask();
      }) {}

Task<void> ReadGate::pass() {
  if (!gathering_) gathering_ = std::make_shared<Batch>(loop_);
  const std::shared_ptr<Batch> batch = gathering_;
  if (!asked_) loop_.at_turn_end(start_);
  while (!batch->outcome) co_await batch->done.wait();
  co_await Result<void>(*batch->outcome);
}

void ReadGate::start() {
  if (asked_ || !gathering_) return;
  asked_ = std::exchange(gathering_, nullptr);
  asked_at_ = loop_.now();
  read_index_.reset();
  context_.clear();
  append_be64(context_, source_.next_id());
  ask();
}

void ReadGate::ask() {
  retry_.arm_after(kRetry);
  source_.ask(context_);
}

void ReadGate::on_read_state(const raft::ReadState& state) {
  if (!asked_ || state.context != context_) return;
  read_index_ = state.index;
  on_applied(source_.applied());
}

void ReadGate::on_applied(raft::LogIndex applied) {
  if (asked_ && read_index_ && *read_index_ <= applied) finish({});
}

void ReadGate::on_leader_changed() {
  if (asked_ && !read_index_) finish(fail(error::leader_changed()));
}

void ReadGate::finish(Result<void> outcome) {
  retry_.disarm();
  const std::shared_ptr<Batch> batch = std::exchange(asked_, nullptr);
  if (!batch) return;
  batch->outcome = std::move(outcome);
  batch->done.notify_all();
  if (gathering_) loop_.at_turn_end(start_);
}

}  // namespace argosy::etcd::member
