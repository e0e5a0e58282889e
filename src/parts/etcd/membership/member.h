// A member of a cluster, and the ids of members and clusters.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "lib/json/json.h"

namespace argosy::etcd::membership {

struct Member {
  uint64_t id = 0;
  std::string name;                    // empty until it has started
  std::vector<std::string> peer_urls;  // sorted
  std::vector<std::string> client_urls;
  bool is_learner = false;

  bool operator==(const Member&) const = default;
  bool is_started() const { return !name.empty(); }
};

using Members = std::map<uint64_t, Member>;

// First 8 bytes of SHA-1 over the sorted URLs, the token, and for a member that is
// added at run time (whose token is empty) the time in seconds.
uint64_t member_id(std::vector<std::string> peer_urls, std::string_view token,
                   std::optional<int64_t> unix_seconds);
// First 8 bytes of SHA-1 over the ids in ascending order.
uint64_t cluster_id(const Members& members);

// The original's JSON: {"id":..,"peerURLs":[..],"isLearner":true?,"name":..,"clientURLs":[..]}.
json::Value to_json(const Member& member);
Result<Member> member_from_json(const json::Value& value);
// An array of them, as members ask each other for it (GET /members).
Bytes to_json_text(const Members& members);
Result<Members> members_from_json(BytesView text);
// As ConfChange.context carries it.
Bytes encode_context(const Member& member, bool is_promotion);
struct ConfChangeContext {
  Member member;
  bool is_promotion = false;
};
Result<ConfChangeContext> decode_context(BytesView bytes);

// "m1=http://a:2380,m1=http://b:2380,m2=...": names to URLs, in the order of names.
using InitialCluster = std::map<std::string, std::vector<std::string>>;
Result<InitialCluster> parse_initial_cluster(std::string_view text);
// The members that such a cluster begins with. InvalidArgument when two have one id.
Result<Members> initial_members(const InitialCluster& cluster, std::string_view token);

}  // namespace argosy::etcd::membership
