#include "parts/etcd/membership/member.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "sys/crypto/digest.h"

namespace argosy::etcd::membership {
namespace {

json::Array to_json(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

std::vector<std::string> texts_of(const json::Value* value) {
  std::vector<std::string> texts;
  if (value == nullptr || value->as_array() == nullptr) return texts;
  for (const json::Value& item : *value->as_array()) {
    if (item.as_string() != nullptr) texts.push_back(*item.as_string());
  }
  return texts;
}

}  // namespace

uint64_t member_id(std::vector<std::string> peer_urls, std::string_view token,
                   std::optional<int64_t> unix_seconds) {
  std::sort(peer_urls.begin(), peer_urls.end());
  std::string text = join(peer_urls, "");
  text += token;
  if (unix_seconds) text += std::to_string(*unix_seconds);
  return load_be64(sha1(text).data());
}

uint64_t cluster_id(const Members& members) {
  Bytes ids;
  for (const auto& [id, member] : members) append_be64(ids, id);
  return load_be64(sha1(ids).data());
}

json::Value to_json(const Member& member) {
  json::Object object{{"id", member.id}, {"peerURLs", to_json(member.peer_urls)}};
  if (member.is_learner) object.emplace_back("isLearner", true);
  if (!member.name.empty()) object.emplace_back("name", member.name);
  if (!member.client_urls.empty()) object.emplace_back("clientURLs", to_json(member.client_urls));
  return object;
}

Result<Member> member_from_json(const json::Value& value) {
  const json::Value* id = value.find("id");
  if (id == nullptr || !id->as_uint()) {
    return fail(Code::kInvalidArgument, "a member without an id");
  }
  Member member;
  member.id = *id->as_uint();
  member.name = value.text_of("name");
  member.peer_urls = texts_of(value.find("peerURLs"));
  member.client_urls = texts_of(value.find("clientURLs"));
  const json::Value* learner = value.find("isLearner");
  member.is_learner = learner != nullptr && learner->as_bool().value_or(false);
  return member;
}

Bytes to_json_text(const Members& members) {
  json::Array array;
  for (const auto& [id, member] : members) array.push_back(to_json(member));
  return json::to_text(array);
}

Result<Members> members_from_json(BytesView text) {
  const json::Value value = TRY(json::parse(text));
  if (value.as_array() == nullptr) return fail(Code::kInvalidArgument, "no list of members");
  Members members;
  for (const json::Value& item : *value.as_array()) {
    Member member = TRY(member_from_json(item));
    const uint64_t id = member.id;
    members.emplace(id, std::move(member));
  }
  return members;
}

Bytes encode_context(const Member& member, bool is_promotion) {
  json::Value value = to_json(member);
  value.as_object()->emplace_back("isPromote", is_promotion);
  return json::to_text(value);
}

Result<ConfChangeContext> decode_context(BytesView bytes) {
  const json::Value value = TRY(json::parse(bytes));
  const json::Value* promotion = value.find("isPromote");
  return ConfChangeContext{TRY(member_from_json(value)),
                           promotion != nullptr && promotion->as_bool().value_or(false)};
}

Result<InitialCluster> parse_initial_cluster(std::string_view text) {
  InitialCluster cluster;
  for (const std::string_view pair : split(text, ',')) {
    if (pair.empty()) continue;
    const auto sides = cut(pair, "=");
    if (!sides || sides->first.empty() || sides->second.empty()) {
      return fail(Code::kInvalidArgument,
                  format("empty URL given for \"{}\"", sides ? sides->first : pair));
    }
    cluster[std::string(sides->first)].emplace_back(sides->second);
  }
  for (auto& [name, urls] : cluster) std::sort(urls.begin(), urls.end());
  return cluster;
}

Result<Members> initial_members(const InitialCluster& cluster, std::string_view token) {
  Members members;
  for (const auto& [name, urls] : cluster) {
    Member member;
    member.id = member_id(urls, token, std::nullopt);
    member.name = name;
    member.peer_urls = urls;
    const uint64_t id = member.id;
    if (!members.emplace(id, std::move(member)).second) {
      return fail(Code::kInvalidArgument, format("member exists with identical ID {}", to_hex(id)));
    }
  }
  return members;
}

}  // namespace argosy::etcd::membership
