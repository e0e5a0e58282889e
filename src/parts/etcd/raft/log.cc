#include "parts/etcd/raft/log.h"

#include <iterator>

#include "base/check.h"
#include "base/format.h"

namespace argosy::etcd::raft {

Log::Log(Position compacted, std::vector<Entry> entries, const HardState& hard_state,
         LogIndex applied, uint64_t max_applying_size)
    : compacted_(compacted),
      entries_(std::make_move_iterator(entries.begin()), std::make_move_iterator(entries.end())),
      committed_(hard_state.commit),
      applying_(applied),
      applied_(applied),
      writes_(last_index(), hard_state),
      max_applying_size_(max_applying_size) {
  check(compacted.index <= applied && applied <= committed_ && committed_ <= last_index());
}

std::optional<Term> Log::term_at(LogIndex index) const {
  if (index == compacted_.index) return compacted_.term;
  if (index < compacted_.index || index > last_index()) return std::nullopt;
  return at(index).term;
}

const Entry& Log::at(LogIndex index) const {
  check(index > compacted_.index && index <= last_index());
  return entries_[index - first_index()];
}

bool Log::is_up_to_date(Position candidate) const {
  const Term ours = last_term();
  return candidate.term > ours || (candidate.term == ours && candidate.index >= last_index());
}

Position Log::last_not_above(LogIndex index, Term term) const {
  for (LogIndex at = index; at > LogIndex{}; at = at - 1) {
    std::optional<Term> ours = term_at(at);
    if (!ours) return {at, Term{}};
    if (*ours <= term) return {at, *ours};
  }
  return {};
}

std::vector<Entry> Log::slice(LogIndex from, uint64_t max_size) const {
  std::vector<Entry> copied;
  if (from > last_index()) return copied;
  check(from > compacted_.index);
  const auto begin = entries_.begin() + static_cast<ptrdiff_t>(from - first_index());
  auto end = begin;
  for (uint64_t size = 0; end != entries_.end(); ++end) {
    size += size_of(*end);
    if (size > max_size && end != begin) break;
  }
  copied.assign(begin, end);
  return copied;
}

void Log::append(Entry entry) {
  check(entry.index == last_index() + 1 && entry.term >= last_term());
  entries_.push_back(std::move(entry));
}

Result<void> Log::append_after(LogIndex previous, std::vector<Entry> entries) {
  size_t known = 0;
  while (known < entries.size() && matches({previous + known + 1, entries[known].term})) ++known;
  if (known == entries.size()) return {};
  const LogIndex first_new = previous + known + 1;
  if (first_new <= committed_) {
    return fail(Code::kDataLoss, format("entry {} conflict with committed entry [committed({})]",
                                        first_new.value(), committed_.value()));
  }
  if (first_new <= last_index()) {
    entries_.resize(first_new - first_index());
    writes_.cut(first_new);
  }
  for (size_t i = known; i < entries.size(); ++i) append(std::move(entries[i]));
  return {};
}

Result<void> Log::commit_to(LogIndex index) {
  if (index > last_index()) {
    return fail(Code::kDataLoss,
                format("tocommit({}) is out of range [lastIndex({})]. Was the raft log corrupted, "
                       "truncated, or lost?",
                       index.value(), last_index().value()));
  }
  committed_ = std::max(committed_, index);
  return {};
}

void Log::restore(Snapshot snapshot) {
  check(snapshot.metadata.index > committed_);
  compacted_ = {snapshot.metadata.index, snapshot.metadata.term};
  entries_.clear();
  committed_ = compacted_.index;
  writes_.cut_all();
  pending_snapshot_ = std::move(snapshot);
  is_snapshot_given_ = false;
}

bool Log::has_unwritten() const {
  return writes_.given() < last_index() || (pending_snapshot_ && !is_snapshot_given_);
}

Log::Unwritten Log::unwritten() const {
  const LogIndex from = std::max(writes_.given(), compacted_.index) + 1;
  Unwritten next;
  next.entries.assign(entries_.begin() + static_cast<ptrdiff_t>(from - first_index()),
                      entries_.end());
  if (!is_snapshot_given_) next.snapshot = pending_snapshot_;
  return next;
}

AppendId Log::give(const HardState& hard_state) {
  const bool has_snapshot = pending_snapshot_ && !is_snapshot_given_;
  is_snapshot_given_ = is_snapshot_given_ || has_snapshot;
  return writes_.give(last_index(), hard_state, has_snapshot ? compacted_.index : LogIndex{});
}

bool Log::finish(AppendId append) {
  const LogIndex snapshot = writes_.finish(append);
  // An older one was itself replaced, and says nothing yet.
  if (!pending_snapshot_ || snapshot != pending_snapshot_->metadata.index) return false;
  pending_snapshot_.reset();
  is_snapshot_given_ = false;
  applied_ = std::max(applied_, snapshot);
  applying_ = applied_;
  applying_size_ = 0;
  return true;
}

bool Log::has_appliable() const {
  if (pending_snapshot_ || applying_ >= appliable()) return false;
  return applying_size_ == 0 || applying_size_ + size_of(at(applying_ + 1)) <= max_applying_size_;
}

std::vector<Entry> Log::take_appliable() {
  std::vector<Entry> taken;
  while (has_appliable()) {
    const Entry& entry = at(applying_ + 1);
    taken.push_back(entry);
    ++applying_;
    applying_size_ += size_of(entry);
  }
  return taken;
}

uint64_t Log::applied_to(LogIndex index) {
  // A report from before a snapshot came.
  if (index <= applied_) return 0;
  check(index <= applying_, "reported applied before it was handed out");
  uint64_t payload = 0;
  for (LogIndex i = std::max(applied_, compacted_.index) + 1; i <= index; ++i) {
    payload += at(i).data.size();
    applying_size_ -= std::min(applying_size_, size_of(at(i)));
  }
  applied_ = index;
  return payload;
}

bool Log::has_unapplied_conf_change() const {
  for (LogIndex i = std::max(applied_, compacted_.index) + 1; i <= committed_; ++i) {
    if (at(i).type != EntryType::kNormal) return true;
  }
  return false;
}

void Log::compact(LogIndex index) {
  if (index <= compacted_.index) return;
  check(index <= applied_, "compacted what is not applied");
  const Term term = at(index).term;
  entries_.erase(entries_.begin(),
                 entries_.begin() + static_cast<ptrdiff_t>(index - compacted_.index));
  compacted_ = {index, term};
}

}  // namespace argosy::etcd::raft
