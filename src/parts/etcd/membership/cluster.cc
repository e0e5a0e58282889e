#include "parts/etcd/membership/cluster.h"

#include "base/bytes.h"
#include "parts/etcd/error/errors.h"

namespace argosy::etcd::membership {

const Member* Cluster::find(uint64_t id) const {
  const auto it = members_.find(id);
  return it == members_.end() ? nullptr : &it->second;
}

size_t Cluster::voter_count() const {
  size_t count = 0;
  for (const auto& [id, member] : members_) count += member.is_learner ? 0 : 1;
  return count;
}

size_t Cluster::started_voters() const {
  size_t count = 0;
  for (const auto& [id, member] : members_) {
    count += !member.is_learner && member.is_started() ? 1 : 0;
  }
  return count;
}

namespace {

Result<void> check_urls_unused(const Members& members, const Member& candidate) {
  for (const auto& [id, member] : members) {
    if (id == candidate.id) continue;
    for (const std::string& url : candidate.peer_urls) {
      if (std::find(member.peer_urls.begin(), member.peer_urls.end(), url) !=
          member.peer_urls.end()) {
        return fail(error::peer_urls_exist());
      }
    }
  }
  return {};
}

bool is_add(raft::ConfChangeType type) {
  return type == raft::ConfChangeType::kAddNode || type == raft::ConfChangeType::kAddLearnerNode;
}

}  // namespace

Result<void> Cluster::validate(const raft::ConfChange& change,
                               const ConfChangeContext& context) const {
  const uint64_t id = change.node_id.value();
  if (is_removed(id)) return fail(error::member_removed());
  const Member* known = find(id);
  if (!is_add(change.type)) {
    if (known == nullptr) return fail(error::member_not_found());
    if (change.type == raft::ConfChangeType::kRemoveNode) return {};
    return check_urls_unused(members_, context.member);
  }
  if (context.is_promotion) {
    if (known == nullptr) return fail(error::member_not_found());
    if (!known->is_learner) return fail(error::member_not_learner());
    return {};
  }
  if (known != nullptr) return fail(error::member_exists());
  TRY(check_urls_unused(members_, context.member));
  if (context.member.is_learner && members_.size() - voter_count() >= kMaxLearners) {
    return fail(error::too_many_learners());
  }
  return {};
}

void Cluster::apply(const raft::ConfChange& change, const ConfChangeContext& context,
                    Storage& storage) {
  const uint64_t id = change.node_id.value();
  switch (change.type) {
    case raft::ConfChangeType::kRemoveNode:
      members_.erase(id);
      removed_.insert(id);
      storage.erase(Bucket::kMembers, to_hex(id));
      storage.put(Bucket::kMembersRemoved, to_hex(id), "removed");
      return;
    case raft::ConfChangeType::kUpdateNode:
      members_[id].peer_urls = context.member.peer_urls;
      break;
    case raft::ConfChangeType::kAddNode:
    case raft::ConfChangeType::kAddLearnerNode:
      if (context.is_promotion) {
        members_[id].is_learner = false;
      } else {
        members_[id] = context.member;
      }
      break;
  }
  put(members_[id], storage);
}

void Cluster::put(const Member& member, Storage& storage) const {
  storage.put(Bucket::kMembers, to_hex(member.id), json::to_text(to_json(member)));
}

void Cluster::set_attributes(uint64_t id, std::string name, std::vector<std::string> client_urls,
                             Storage& storage) {
  const auto it = members_.find(id);
  if (it == members_.end()) return;
  it->second.name = std::move(name);
  it->second.client_urls = std::move(client_urls);
  put(it->second, storage);
}

void Cluster::set_version(std::string version, Storage& storage) {
  version_ = std::move(version);
  storage.put(Bucket::kCluster, "clusterVersion", version_);
}

void Cluster::save(Storage& storage) const {
  std::vector<Bytes> stale;
  for (const Bucket bucket : {Bucket::kMembers, Bucket::kMembersRemoved}) {
    stale.clear();
    storage.scan(bucket, "", "", [&](BytesView key, BytesView) {
      stale.emplace_back(key);
      return true;
    });
    for (const Bytes& key : stale) storage.erase(bucket, key);
  }
  for (const auto& [id, member] : members_) put(member, storage);
  for (const uint64_t id : removed_) storage.put(Bucket::kMembersRemoved, to_hex(id), "removed");
  if (!version_.empty()) storage.put(Bucket::kCluster, "clusterVersion", version_);
}

// The original's rules (server's "strict reconfiguration"): enough members have
// started that the cluster keeps its quorum if the new one never does.
bool Cluster::is_ready_to_add_voter() const {
  const size_t started = started_voters();
  const size_t voters = voter_count() + 1;
  if (started == 1 && voters == 2) return true;
  return started >= voters / 2 + 1;
}

bool Cluster::is_ready_to_remove(uint64_t id) const {
  size_t voters = 0;
  size_t started = 0;
  for (const auto& [other, member] : members_) {
    if (other == id || member.is_learner) continue;
    ++voters;
    if (member.is_started()) ++started;
  }
  if (voters == 0) return false;
  return started >= voters / 2 + 1;
}

bool Cluster::is_ready_to_promote(uint64_t id) const {
  size_t voters = 1;
  size_t started = 0;
  for (const auto& [other, member] : members_) {
    if (other == id) {
      if (member.is_started()) ++started;
    } else if (!member.is_learner) {
      ++voters;
      if (member.is_started()) ++started;
    }
  }
  return started >= voters / 2 + 1;
}

Members stored_members(Storage& storage) {
  Members members;
  storage.scan(Bucket::kMembers, "", "", [&](BytesView, BytesView value) {
    const auto parsed = json::parse(value);
    if (!parsed) return true;
    if (auto member = member_from_json(*parsed)) members.emplace(member->id, *member);
    return true;
  });
  return members;
}

}  // namespace argosy::etcd::membership
