// A member's life on a disk that loses power, fills up and fails, against a naive model:
// the list of all records ever saved. What is read after each accident must be what some
// beginning of that list says, and no shorter one than was acknowledged.
#include <cerrno>
#include <cstdlib>
#include <doctest/doctest.h>
#include <numeric>

#include "parts/etcd/wal/wal_on_sim_test.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::raft;
using namespace argosy::etcd::wal;
using sim::SimDisk;

namespace {

struct Saved {
  std::optional<Entry> entry;
  std::optional<HardState> state;
};

// What the first records say, from a snapshot on.
WalContent fold(const std::vector<Saved>& records, size_t count, LogIndex start) {
  WalContent content;
  content.metadata = "member";
  for (size_t i = 0; i < count; ++i) {
    if (records[i].state) content.hard_state = *records[i].state;
    if (!records[i].entry) continue;
    const LogIndex index = records[i].entry->index;
    content.entries.resize(index <= start ? 0 : index - start - 1);
    if (index > start) content.entries.push_back(*records[i].entry);
  }
  return content;
}

bool operator==(const WalContent& a, const WalContent& b) {
  return a.metadata == b.metadata && a.hard_state == b.hard_state && a.entries == b.entries;
}

struct Model {
  std::vector<Saved> records;
  size_t acknowledged = 0;
  WalSnapshot snapshot;  // the newest that was acknowledged
};

// Opens the log and makes the model what was read. What is wrong, or empty.
std::string recover(Disk& disk, Model& model, std::unique_ptr<Wal>& wal) {
  wal.reset();
  const auto snapshots = valid_snapshot_entries(disk, kDirectory);
  if (!snapshots) return snapshots.error().text();
  if (std::ranges::find(*snapshots, model.snapshot) == snapshots->end()) return "lost a snapshot";
  auto opened = Wal::open(disk, kDirectory, model.snapshot, kSmall);
  if (!opened) return opened.error().text();
  for (size_t count = model.acknowledged; count <= model.records.size(); ++count) {
    if (!(fold(model.records, count, model.snapshot.index) == opened->content)) continue;
    model.records.resize(count);
    model.acknowledged = count;
    wal = std::move(opened->wal);
    return "";
  }
  return "read what was never there, or less than was acknowledged";
}

class Member {
 public:
  enum class Payload { kSomeZeros, kNoZeros };
  Member(SimDisk& disk, uint64_t seed, Payload payload = Payload::kSomeZeros)
      : disk_(disk), random_(seed), payload_(payload) {}

  bool create() {
    auto wal = Wal::create(disk_, kDirectory, "member", kSmall);
    if (wal) wal_ = *std::move(wal);
    return wal.has_value();
  }
  // One thing that a member does; false when the disk failed.
  bool act() {
    switch (random_.below(10)) {
      case 0:
        return save_snapshot();
      case 1:
        return save_commit();
      case 2:
        return wal_->prepare_next_segment().has_value();
      case 3:
        return release();
      default:
        return save_entries();
    }
  }
  // Lives until the disk fails, but `actions` times at most.
  void live(int actions) {
    for (int i = 0; i < actions && act(); ++i) {
    }
  }
  void die() { wal_.reset(); }
  std::string recover() { return ::recover(disk_, model_, wal_); }

  const Model& model() const { return model_; }

 private:
  LogIndex commit() const { return state_now().commit; }
  HardState state_now() const {
    HardState state;
    for (const Saved& saved : model_.records) state = saved.state.value_or(state);
    return state;
  }
  std::vector<Entry> log_now() const {
    return fold(model_.records, model_.records.size(), {}).entries;
  }

  Bytes payload() {
    Bytes bytes(random_.chance(8) ? random_.below(3000) : random_.below(120), '\0');
    // Some are full of zeros, as lost sectors are.
    if (payload_ == Payload::kSomeZeros && random_.chance(4)) return bytes;
    for (char& byte : bytes) byte = static_cast<char>(1 + random_.below(255));
    return bytes;
  }

  bool save(const HardState& state, const std::vector<Entry>& entries, bool must_sync) {
    const HardState before = state_now();
    for (const Entry& entry : entries) model_.records.push_back({entry, std::nullopt});
    if (!state.is_empty()) model_.records.push_back({std::nullopt, state});
    if (!wal_->save(state, entries, must_sync)) return false;
    const bool is_synced =
        must_sync || !entries.empty() || (!state.is_empty() && state.term != before.term);
    if (is_synced) model_.acknowledged = model_.records.size();
    return true;
  }

  bool save_entries() {
    const auto log = log_now();
    HardState state = state_now();
    // A state may have been torn off behind entries of a later term.
    if (!log.empty()) state.term = std::max(state.term, log.back().term);
    uint64_t first = log.size() + 1;
    if (state.term == Term{0} || random_.chance(8)) ++state.term;
    if (log.size() > state.commit.value() && random_.chance(6)) {
      first = state.commit.value() + 1 + random_.below(log.size() - state.commit.value());
      ++state.term;
    }
    const bool is_new_term = state.term != state_now().term;
    std::vector<Entry> entries;
    for (uint64_t i = 0; i <= random_.below(4); ++i) {
      entries.push_back(entry_at(first + i, state.term.value(), payload()));
    }
    state.vote = NodeId{0x8e9e05c52164694d};
    state.commit = LogIndex{state.commit.value() + random_.below(first - state.commit.value())};
    if (!is_new_term && random_.chance(3)) return save({}, entries, true);
    return save(state, entries, random_.chance(2));
  }

  bool save_commit() {
    HardState state = state_now();
    if (state.is_empty()) return true;
    const uint64_t uncommitted = log_now().size() - state.commit.value();
    state.commit = LogIndex{state.commit.value() + random_.below(uncommitted + 1)};
    return save(state, {}, random_.chance(4));
  }

  bool save_snapshot() {
    if (commit() <= model_.snapshot.index) return true;
    const uint64_t index =
        model_.snapshot.index.value() + 1 + random_.below(commit() - model_.snapshot.index);
    const WalSnapshot snapshot{LogIndex{index}, log_now()[index - 1].term};
    if (!wal_->save_snapshot(snapshot)) return false;
    model_.snapshot = snapshot;
    model_.acknowledged = model_.records.size();
    return true;
  }

  bool release() {
    return wal_->release_lock_to(model_.snapshot.index) && wal_->purge(1 + random_.below(3));
  }

  SimDisk& disk_;
  SeededRandom random_;
  std::unique_ptr<Wal> wal_;
  const Payload payload_;
  Model model_;
};

// Seeds from 0 on; ARGOSY_SEED=n is that one alone, ARGOSY_LONG=1 fifty times as many.
std::vector<uint64_t> seeds(uint64_t usual) {
  if (const char* one = std::getenv("ARGOSY_SEED")) return {std::strtoull(one, nullptr, 10)};
  std::vector<uint64_t> all(std::getenv("ARGOSY_LONG") != nullptr ? usual * 50 : usual);
  std::iota(all.begin(), all.end(), uint64_t{0});
  return all;
}

// How many mutating calls a life has when nothing goes wrong.
uint64_t calls_of_life(uint64_t seed, int actions) {
  const auto disk = disk_with_home();
  const uint64_t before = disk->mutating_calls();
  Member member(*disk, seed);
  REQUIRE(member.create());
  member.live(actions);
  member.die();
  return disk->mutating_calls() - before;
}

Bytes describe(uint64_t seed, uint64_t call, uint64_t loss = 0) {
  return "seed " + std::to_string(seed) + ", call " + std::to_string(call) + ", loss " +
         std::to_string(loss);
}

}  // namespace

TEST_CASE("a loss of power at any call takes nothing that was acknowledged") {
  constexpr int kActions = 40;
  constexpr uint64_t kLosses = 6;
  for (const uint64_t seed : seeds(12)) {
    const uint64_t calls = calls_of_life(seed, kActions);
    for (uint64_t call = 1; call <= calls; ++call) {
      const auto disk = disk_with_home();
      Member member(*disk, seed);
      disk->crash_at(call);
      const bool is_created = member.create();
      if (is_created) member.live(kActions);
      member.die();
      for (uint64_t loss = 0; loss < kLosses; ++loss) {
        const Bytes what = describe(seed, call, loss);
        CAPTURE(what);
        const auto after = disk->clone();
        SeededRandom random(seed * 1'000'003 + call * 101 + loss);
        after->power_loss(random);
        Model model = member.model();
        std::unique_ptr<Wal> wal;
        if (!is_created && !wal_exists(*after, kDirectory)) {
          REQUIRE(Wal::create(*after, kDirectory, "member", kSmall));
        } else {
          REQUIRE(recover(*after, model, wal) == "");
        }
      }
    }
  }
}

TEST_CASE("life goes on after a loss of power, and after the next") {
  for (const uint64_t seed : seeds(400)) {
    const Bytes what = describe(seed, 0);
    CAPTURE(what);
    SeededRandom random(seed);
    const auto disk = disk_with_home();
    Member member(*disk, seed);
    REQUIRE(member.create());
    for (int life = 0; life < 6; ++life) {
      disk->crash_at(1 + random.below(60));
      member.live(40);
      // Some die in their sleep, and some while they recover.
      disk->power_loss(random);
      if (random.chance(3)) {
        disk->crash_at(1 + random.below(8));
        (void)member.recover();
        disk->power_loss(random);
      }
      REQUIRE(member.recover() == "");
    }
  }
}

TEST_CASE("a disk that failed or was full has kept what was acknowledged") {
  for (const uint64_t seed : seeds(400)) {
    const Bytes what = describe(seed, 0);
    CAPTURE(what);
    SeededRandom random(seed);
    const auto disk = disk_with_home();
    Member member(*disk, seed);
    REQUIRE(member.create());
    for (int life = 0; life < 6; ++life) {
      const int error = random.chance(2) ? EIO : ENOSPC;
      const uint64_t call = 1 + random.below(60);
      random.chance(2) ? disk->fail_at(call, error) : disk->fail_from(call, error);
      member.live(40);
      member.die();
      disk->heal();
      // Without a loss of power, the next run still sees what was never synced.
      if (random.chance(2)) REQUIRE(member.recover() == "");
      if (random.chance(2)) disk->power_loss(random);
      REQUIRE(member.recover() == "");
    }
  }
}

TEST_CASE("a process that is killed and one that follows do not forget") {
  for (const uint64_t seed : seeds(200)) {
    const Bytes what = describe(seed, 0);
    CAPTURE(what);
    SeededRandom random(seed);
    const auto disk = disk_with_home();
    Member member(*disk, seed);
    REQUIRE(member.create());
    // Killed between a write and its sync: the sync fails, as far as it can tell.
    disk->fail_from(1 + random.below(60), EIO);
    member.live(60);
    disk->heal();
    REQUIRE(member.recover() == "");
    // What it has read it has acknowledged.
    disk->power_loss(random);
    REQUIRE(member.recover() == "");
  }
}

TEST_CASE("a flipped bit in what was acknowledged is an error or does no harm") {
  uint64_t noticed = 0;
  for (const uint64_t seed : seeds(6)) {
    const auto disk = disk_with_home();
    // In an entry of the last save with a whole sector of zeros, damage looks like a
    // torn write; nothing in the format tells them apart.
    Member member(*disk, seed, Member::Payload::kNoZeros);
    REQUIRE(member.create());
    member.live(14);
    REQUIRE(member.recover() == "");
    member.die();
    const auto segments = list_segments(*disk, kDirectory).value();
    const SegmentName segment = segments.back();
    const std::string path = join_path(kDirectory, segment.text());
    const Bytes bytes = read_file(*disk, path).value();
    const uint64_t end = bytes.find_last_not_of('\0') + 1;
    for (uint64_t bit = 0; bit < end * 8; ++bit) {
      const Bytes what = describe(seed, bit);
      CAPTURE(what);
      disk->flip_bit(path, bit / 8, static_cast<unsigned>(bit % 8));
      const auto content = read_wal(*disk, kDirectory, member.model().snapshot);
      disk->flip_bit(path, bit / 8, static_cast<unsigned>(bit % 8));
      if (content) {
        const Model& model = member.model();
        REQUIRE(fold(model.records, model.records.size(), model.snapshot.index) == *content);
      } else {
        ++noticed;
        REQUIRE(content.error().code() != Code::kInternal);
      }
    }
  }
  CHECK(noticed > 10'000);
}
