#include "parts/etcd/mvcc/key_history.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace argosy::etcd::mvcc {
namespace {

// The packed form: first = main:43 sub:20 1, second = (main - create):40 version:24.
constexpr int kMainBits = 43;
constexpr int kSubBits = 20;
constexpr int kAgeBits = 40;
constexpr int kVersionBits = 24;

bool fits(int64_t value, int bits) {
  return value >= 0 && value < (int64_t{1} << bits);
}

}  // namespace

KeyHistory::KeyHistory(KeyHistory&& other) noexcept
    : first_(std::exchange(other.first_, 0)), second_(other.second_) {}

KeyHistory& KeyHistory::operator=(KeyHistory&& other) noexcept {
  std::swap(first_, other.first_);
  std::swap(second_, other.second_);
  return *this;
}

KeyHistory::~KeyHistory() {
  clear();
}

void KeyHistory::clear() {
  if (!is_packed()) delete many();
  first_ = 0;
}

bool KeyHistory::pack(const LivePut& put) {
  const int64_t age = put.modified.main - put.create_revision;
  if (!fits(put.modified.main, kMainBits) || !fits(put.modified.sub, kSubBits) ||
      !fits(age, kAgeBits) || !fits(put.version, kVersionBits)) {
    return false;
  }
  clear();
  first_ = static_cast<uint64_t>(put.modified.main) << (kSubBits + 1) |
           static_cast<uint64_t>(put.modified.sub) << 1 | 1;
  second_ = static_cast<uint64_t>(age) << kVersionBits | static_cast<uint64_t>(put.version);
  return true;
}

LivePut KeyHistory::unpacked() const {
  LivePut put;
  put.modified.main = static_cast<int64_t>(first_ >> (kSubBits + 1));
  put.modified.sub = static_cast<int64_t>(first_ >> 1 & ((uint64_t{1} << kSubBits) - 1));
  put.create_revision = put.modified.main - static_cast<int64_t>(second_ >> kVersionBits);
  put.version = static_cast<int64_t>(second_ & ((uint64_t{1} << kVersionBits) - 1));
  return put;
}

KeyHistory::Many& KeyHistory::make_many() {
  if (first_ != 0 && !is_packed()) return *many();
  auto made = std::make_unique<Many>();
  if (is_packed()) {
    const LivePut put = unpacked();
    made->create_revision = put.create_revision;
    made->version = put.version;
    append(*made, put.modified, false);
  }
  first_ = reinterpret_cast<uint64_t>(made.release());
  return *many();
}

void KeyHistory::append(Many& many, Revision revision, bool is_tombstone) {
  check(many.entries.empty() || many.entries.back().revision() < revision);
  check(revision.sub <= std::numeric_limits<int32_t>::max());
  many.entries.push_back({revision.main, static_cast<int32_t>(revision.sub), is_tombstone});
}

bool KeyHistory::is_live() const {
  return is_packed() || (!is_empty() && !many()->entries.back().is_tombstone);
}

std::optional<LivePut> KeyHistory::live() const {
  if (!is_live()) return std::nullopt;
  if (is_packed()) return unpacked();
  return LivePut{many()->entries.back().revision(), many()->create_revision, many()->version};
}

std::optional<Revision> KeyHistory::at(int64_t main) const {
  if (is_empty()) return std::nullopt;
  if (is_packed()) {
    const Revision modified = unpacked().modified;
    return modified.main <= main ? std::optional(modified) : std::nullopt;
  }
  const auto& entries = many()->entries;
  auto after = std::ranges::upper_bound(entries, main, {}, &Entry::main);
  if (after == entries.begin() || (--after)->is_tombstone) return std::nullopt;
  return after->revision();
}

void KeyHistory::put(Revision revision) {
  if (is_empty()) {
    restore({revision, revision.main, 1});
    return;
  }
  const bool was_live = is_live();
  Many& all = make_many();
  append(all, revision, false);
  if (!was_live) all.create_revision = revision.main;
  all.version = was_live ? all.version + 1 : 1;
}

void KeyHistory::bury(Revision revision) {
  check(is_live(), "only a key that exists can be deleted");
  append(make_many(), revision, true);
}

void KeyHistory::restore(const LivePut& put) {
  if (is_empty() && pack(put)) return;
  Many& all = make_many();
  append(all, put.modified, false);
  all.create_revision = put.create_revision;
  all.version = put.version;
}

void KeyHistory::compact(int64_t main) {
  if (is_empty() || is_packed()) return;
  auto& entries = many()->entries;
  auto keep = std::ranges::upper_bound(entries, main, {}, &Entry::main);
  if (keep == entries.begin()) return;
  if (!std::prev(keep)->is_tombstone) --keep;
  entries.erase(entries.begin(), keep);
  tidy();
}

void KeyHistory::tidy() {
  auto& entries = many()->entries;
  if (entries.empty()) {
    clear();
  } else if (entries.size() != 1 || !is_live() || !pack(*live())) {
    if (entries.capacity() > 2 * entries.size()) entries.shrink_to_fit();
  }
}

size_t KeyHistory::size() const {
  if (is_empty()) return 0;
  return is_packed() ? 1 : many()->entries.size();
}

}  // namespace argosy::etcd::mvcc
