// A member leaves the cluster for good, and an empty one takes its place.
#include "base/format.h"
#include "tests/scenario/faults/nemesis.h"

namespace argosy::faults {
namespace {

constexpr Duration kPatience = seconds(20);
constexpr Duration kTimeout = seconds(2);
constexpr Duration kPause = milliseconds(50);

const etcdserverpb::Member* find(const etcdserverpb::MemberListResponse& list,
                                 const std::string& peer_url) {
  for (const etcdserverpb::Member& member : list.members()) {
    if (member.peerurls_size() > 0 && member.peerurls(0) == peer_url) return &member;
  }
  return nullptr;
}

Task<etcdserverpb::MemberListResponse> list(Client& client) {
  // Linearizable first of all: what was asked before is in the answer.
  etcdserverpb::RangeRequest barrier;
  barrier.set_key("c");
  co_await client.call<etcdserverpb::RangeResponse>("/etcdserverpb.KV/Range",
                                                    barrier.SerializeAsString(), kTimeout);
  co_return co_await client.call<etcdserverpb::MemberListResponse>(
      "/etcdserverpb.Cluster/MemberList", "", kTimeout);
}

}  // namespace

Task<void> Nemesis::replace_member() {
  // With all the others in health; what breaks meanwhile is chance enough.
  if (!co_await cluster_.is_healthy_within(kPatience)) co_return;
  const size_t member = any_member();
  const auto rejoined = co_await result(rejoin(member, random_.chance(2)));
  if (!rejoined) {
    note(format("{} could not be replaced: {}", cluster_.member(member).name(),
                rejoined.error().text()));
  }
}

Task<void> Nemesis::rejoin(size_t member, bool as_learner) {
  MemberProcess& process = cluster_.member(member);
  // A member that is told that it was removed must end by itself, so sometimes it is told.
  const bool stays = random_.chance(2);
  if (!stays) process.kill();
  process.expect_end(true);
  co_await remove(member);
  if (stays) {
    const MonotonicTime deadline = cluster_.loop().now() + kPatience;
    while (!process.has_ended() && cluster_.loop().now() < deadline) {
      co_await sleep_for(cluster_.loop(), kPause);
    }
    if (!process.has_ended()) note(process.name() + " was removed and does not end");
  }
  process.kill();
  co_await process.wipe();
  co_await wait(0, 500);
  const uint64_t id = co_await add(member, as_learner);
  co_await cluster_.start_anew(member);
  if (as_learner) co_await promote(id);
  if (!co_await cluster_.is_healthy_within(kPatience)) {
    co_await failure(Code::kUnavailable, "it does not come up");
  }
}

// Each of these asks until the list of the members says that it is done: what got no
// answer may have been done.
Task<uint64_t> Nemesis::remove(size_t member) {
  const std::string url = cluster_.member(member).place().peer_url();
  const MonotonicTime deadline = cluster_.loop().now() + kPatience;
  std::string last = "no answer";
  for (size_t i = member + 1; cluster_.loop().now() < deadline; ++i) {
    if (i % cluster_.size() == member) ++i;
    Client& client = cluster_.client(i % cluster_.size());
    const auto members = co_await result(list(client));
    if (members) {
      const etcdserverpb::Member* leaving = find(*members, url);
      if (leaving == nullptr) co_return uint64_t{0};
      etcdserverpb::MemberRemoveRequest request;
      request.set_id(leaving->id());
      const auto removed = co_await result(client.call<etcdserverpb::MemberRemoveResponse>(
          "/etcdserverpb.Cluster/MemberRemove", request.SerializeAsString(), kTimeout));
      if (!removed) last = removed.error().text();
    } else {
      last = members.error().text();
    }
    co_await sleep_for(cluster_.loop(), kPause);
  }
  co_return fail(Code::kDeadlineExceeded, "removing it: " + last);
}

Task<uint64_t> Nemesis::add(size_t member, bool as_learner) {
  const std::string url = cluster_.member(member).place().peer_url();
  const MonotonicTime deadline = cluster_.loop().now() + kPatience;
  std::string last = "no answer";
  for (size_t i = member + 1; cluster_.loop().now() < deadline; ++i) {
    if (i % cluster_.size() == member) ++i;
    Client& client = cluster_.client(i % cluster_.size());
    const auto members = co_await result(list(client));
    if (members) {
      if (const etcdserverpb::Member* added = find(*members, url)) co_return added->id();
      etcdserverpb::MemberAddRequest request;
      request.add_peerurls(url);
      request.set_islearner(as_learner);
      const auto added = co_await result(client.call<etcdserverpb::MemberAddResponse>(
          "/etcdserverpb.Cluster/MemberAdd", request.SerializeAsString(), kTimeout));
      if (!added) last = added.error().text();
    } else {
      last = members.error().text();
    }
    co_await sleep_for(cluster_.loop(), kPause);
  }
  co_return fail(Code::kDeadlineExceeded, "adding it: " + last);
}

Task<void> Nemesis::promote(uint64_t id) {
  const MonotonicTime deadline = cluster_.loop().now() + kPatience;
  etcdserverpb::MemberPromoteRequest request;
  request.set_id(id);
  std::string last = "no answer";
  for (size_t i = 0; cluster_.loop().now() < deadline; ++i) {
    const auto promoted = co_await result(
        cluster_.client(i % cluster_.size())
            .call<etcdserverpb::MemberPromoteResponse>("/etcdserverpb.Cluster/MemberPromote",
                                                       request.SerializeAsString(), kTimeout));
    if (promoted) co_return;
    last = promoted.error().text();
    // An earlier request may have done it without an answer.
    if (last.ends_with("can only promote a learner member")) co_return;
    co_await sleep_for(cluster_.loop(), kPause);
  }
  co_await failure(Code::kDeadlineExceeded, "promoting it: " + last);
}

}  // namespace argosy::faults
