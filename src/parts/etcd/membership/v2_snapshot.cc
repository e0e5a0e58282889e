// A cluster as the JSON of a v2 store: what 3.4 and 3.5 put into a raft snapshot and
// start from.
#include "base/bytes.h"
#include "base/text.h"
#include "parts/etcd/membership/cluster.h"

namespace argosy::etcd::membership {
namespace {

using json::Object;
using json::Value;

constexpr std::string_view kNever = "0001-01-01T00:00:00Z";

// The store counts its changes; a snapshot that was never one of a running store may
// count from anywhere.
constexpr uint64_t kIndex = 1;

Value leaf(const std::string& path, std::string text) {
  return Object{{"Path", path},         {"CreatedIndex", kIndex},   {"ModifiedIndex", kIndex},
                {"ExpireTime", kNever}, {"Value", std::move(text)}, {"Children", nullptr}};
}

Value directory(const std::string& path, Object children) {
  const uint64_t index = path == "/" ? 0 : kIndex;
  return Object{{"Path", path},         {"CreatedIndex", index}, {"ModifiedIndex", index},
                {"ExpireTime", kNever}, {"Value", ""},           {"Children", std::move(children)}};
}

json::Array to_array(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

Value member_node(const std::string& path, const Member& member) {
  Object raft{{"peerURLs", to_array(member.peer_urls)}};
  if (member.is_learner) raft.emplace_back("isLearner", true);
  Object children;
  if (member.is_started()) {
    Object attributes{{"name", member.name}};
    if (!member.client_urls.empty()) {
      attributes.emplace_back("clientURLs", to_array(member.client_urls));
    }
    children.emplace_back("attributes", leaf(path + "/attributes", json::to_text(attributes)));
  }
  children.emplace_back("raftAttributes", leaf(path + "/raftAttributes", json::to_text(raft)));
  return directory(path, std::move(children));
}

Object empty_stats() {
  Object stats;
  for (const char* name :
       {"getsSuccess", "getsFail", "setsSuccess", "setsFail", "deleteSuccess", "deleteFail",
        "updateSuccess", "updateFail", "createSuccess", "createFail", "compareAndSwapSuccess",
        "compareAndSwapFail", "compareAndDeleteSuccess", "compareAndDeleteFail", "expireCount",
        "watchers"}) {
    stats.emplace_back(name, 0);
  }
  return stats;
}

const Value* child(const Value* node, std::string_view name) {
  if (node == nullptr) return nullptr;
  const Value* children = node->find("Children");
  return children == nullptr ? nullptr : children->find(name);
}

const Object* children_of(const Value* node) {
  if (node == nullptr) return nullptr;
  const Value* children = node->find("Children");
  return children == nullptr ? nullptr : children->as_object();
}

Result<Member> member_from_node(uint64_t id, const Value& node) {
  Member member;
  if (const Value* raft = child(&node, "raftAttributes")) {
    Value value = TRY(json::parse(raft->text_of("Value")));
    if (Object* object = value.as_object()) object->emplace_back("id", id);
    member = TRY(member_from_json(value));
  }
  member.id = id;
  if (const Value* attributes = child(&node, "attributes")) {
    const Value value = TRY(json::parse(attributes->text_of("Value")));
    member.name = value.text_of("name");
    if (const Value* urls = value.find("clientURLs"); urls != nullptr && urls->as_array()) {
      for (const Value& url : *urls->as_array()) {
        if (url.as_string() != nullptr) member.client_urls.push_back(*url.as_string());
      }
    }
  }
  return member;
}

}  // namespace

Bytes Cluster::to_v2_json() const {
  Object members;
  for (const auto& [id, member] : members_) {
    members.emplace_back(to_hex(id), member_node("/0/members/" + to_hex(id), member));
  }
  Object removed;
  for (const uint64_t id : removed_) {
    removed.emplace_back(to_hex(id), leaf("/0/removed_members/" + to_hex(id), ""));
  }
  Object cluster{{"members", directory("/0/members", std::move(members))}};
  if (!removed.empty()) {
    cluster.emplace_back("removed_members", directory("/0/removed_members", std::move(removed)));
  }
  if (!version_.empty()) cluster.emplace_back("version", leaf("/0/version", version_));
  const Value root = directory(
      "/", Object{{"0", directory("/0", std::move(cluster))}, {"1", directory("/1", Object{})}});
  const Object history{{"Queue", Object{{"Events", json::Array(1000)},
                                        {"Size", 0},
                                        {"Front", 0},
                                        {"Back", 0},
                                        {"Capacity", 1000}}},
                       {"StartIndex", 0},
                       {"LastIndex", 0}};
  return json::to_text(Object{{"Root", root},
                              {"WatcherHub", Object{{"EventHistory", history}}},
                              {"CurrentIndex", kIndex},
                              {"Stats", empty_stats()},
                              {"CurrentVersion", 2}});
}

Result<void> Cluster::load_v2_json(BytesView text) {
  const Value value = TRY_CONTEXT(json::parse(text), "the raft snapshot's v2 store");
  const Value* root = value.find("Root");
  const Object* keys = children_of(child(root, "1"));
  if (keys != nullptr && !keys->empty()) {
    return fail(Code::kFailedPrecondition,
                "the data directory holds keys of the v2 API, which this version does not "
                "serve; remove or migrate them with the original etcd first");
  }
  const Value* cluster = child(root, "0");
  Members members;
  if (const Object* nodes = children_of(child(cluster, "members"))) {
    for (const auto& [name, node] : *nodes) {
      const auto id = parse_hex(name);
      if (!id) return fail(Code::kDataLoss, "the raft snapshot names a member " + name);
      members.emplace(*id, TRY(member_from_node(*id, node)));
    }
  }
  members_ = std::move(members);
  removed_.clear();
  if (const Object* nodes = children_of(child(cluster, "removed_members"))) {
    for (const auto& [name, node] : *nodes) {
      if (const auto id = parse_hex(name)) removed_.insert(*id);
    }
  }
  const Value* version = child(cluster, "version");
  version_ = version != nullptr ? std::string(version->text_of("Value")) : "";
  return {};
}

}  // namespace argosy::etcd::membership
