// When the backend commits, and who waits for it.
#include "parts/etcd/member/member.h"

namespace argosy::etcd::member {

void Member::maybe_commit() {
  if (backend_->is_busy()) return;
  if (backend_->wants_commit(parts_.clock.now())) return begin_commit();
  if (const auto due = backend_->commit_due(); due && !commit_timer_.is_armed()) {
    commit_timer_.arm_at(*due);
  }
}

void Member::begin_commit() {
  commit_timer_.disarm();
  ++commits_begun_;
  commit_began_ = parts_.clock.now();
  sealed_index_ = applied_;
  sealed_epoch_ = membership_epoch_;
  backend_->seal_and_commit([this] {
    parts_.loop.post_from_any_thread([this] {
      if (const auto done = backend_->finish_commit(); !done) fatal(done.error());
      if (counters_.on_backend_commit) {
        counters_.on_backend_commit(parts_.clock.now() - commit_began_);
      }
      ++commits_done_;
      committed_index_ = sealed_index_;
      committed_epoch_ = sealed_epoch_;
      committed_.notify_all();
      maybe_commit();
      if (!to_apply_.empty()) wants_pump();
    });
  });
}

// The commit that is running may have been sealed before what the caller wants in it,
// so it waits for the next one to begin and to end.
Task<void> Member::commit_backend() {
  while (backend_->is_busy()) co_await committed_.wait();
  begin_commit();
  const uint64_t wanted = commits_begun_;
  while (commits_done_ < wanted) co_await committed_.wait();
}

Task<void> Member::defragment() {
  co_await commit_backend();
  while (backend_->is_busy()) co_await committed_.wait();
  ++commits_begun_;
  const uint64_t wanted = commits_begun_;
  backend_->defragment([this] {
    parts_.loop.post_from_any_thread([this] {
      if (const auto done = backend_->finish_commit(); !done) fatal(done.error());
      ++commits_done_;
      committed_.notify_all();
      maybe_commit();
      if (!to_apply_.empty()) wants_pump();
    });
  });
  while (commits_done_ < wanted) co_await committed_.wait();
}

}  // namespace argosy::etcd::member
