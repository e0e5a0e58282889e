// Cuts in the network between members. Clients reach all members throughout, but for a
// link that is down, so that a member on the wrong side of a cut is asked all the time.
#include "tests/scenario/faults/nemesis.h"

namespace argosy::faults {
namespace {

constexpr uint64_t kShortest = 300;
constexpr uint64_t kLongest = 3000;

}  // namespace

Task<void> Nemesis::cut_off(size_t member, bool to_it, bool from_it, Duration how_long) {
  for (size_t other = 0; other < cluster_.size(); ++other) {
    if (other == member) continue;
    if (to_it) co_await network_->cut(other, member);
    if (from_it) co_await network_->cut(member, other);
  }
  co_await sleep_for(cluster_.loop(), how_long);
}

Task<void> Nemesis::isolate_any() {
  co_await cut_off(any_member(), true, true,
                   milliseconds(kShortest + random_.below(kLongest - kShortest)));
}

Task<void> Nemesis::isolate_leader() {
  const size_t leader = co_await leader_or_any();
  co_await cut_off(leader, true, true,
                   milliseconds(kShortest + random_.below(kLongest - kShortest)));
}

Task<void> Nemesis::deafen_leader() {
  const size_t leader = co_await leader_or_any();
  co_await cut_off(leader, true, false,
                   milliseconds(kShortest + random_.below(kLongest - kShortest)));
}

Task<void> Nemesis::mute_leader() {
  const size_t leader = co_await leader_or_any();
  co_await cut_off(leader, false, true,
                   milliseconds(kShortest + random_.below(kLongest - kShortest)));
}

Task<void> Nemesis::cut_one_direction() {
  const size_t from = any_member();
  const size_t to = (from + 1 + random_.below(cluster_.size() - 1)) % cluster_.size();
  co_await network_->cut(from, to);
  co_await wait(kShortest, kLongest);
}

// Both still see the others: a leader must not lose its place to one who cannot hear it.
Task<void> Nemesis::cut_one_pair() {
  const size_t from = co_await leader_or_any();
  const size_t to = (from + 1 + random_.below(cluster_.size() - 1)) % cluster_.size();
  co_await network_->cut(from, to);
  co_await network_->cut(to, from);
  co_await wait(kShortest, kLongest);
}

Task<void> Nemesis::cut_all() {
  for (size_t i = 0; i < cluster_.size(); ++i) co_await cut_off(i, true, false, Duration(0));
  co_await wait(kShortest, kLongest);
}

Task<void> Nemesis::link_down() {
  const size_t member = any_member();
  co_await network_->set_link(member, false);
  co_await wait(kShortest, kLongest);
}

Task<void> Nemesis::flap() {
  for (int i = 0; i < 6; ++i) {
    const size_t member = any_member();
    co_await cut_off(member, true, true, milliseconds(20 + random_.below(300)));
    co_await network_->heal();
    co_await wait(0, 200);
  }
}

}  // namespace argosy::faults
