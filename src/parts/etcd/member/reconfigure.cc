// Changes of the members, leadership on request, and what members ask each other over
// HTTP besides raft.
#include "base/bytes.h"
#include "base/format.h"
#include "base/protowire.h"
#include "base/text.h"
#include "parts/etcd/backend/db_hash.h"
#include "parts/etcd/error/errors.h"
#include "parts/etcd/member/hash_kv.h"
#include "parts/etcd/member/member.h"
#include "parts/etcd/peer/url.h"
#include "parts/etcd/raftpb/raftpb.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {
namespace {

// A voter counts as healthy when it has been connected for so long.
constexpr Duration kHealthInterval = seconds(5);
constexpr size_t kMaxPeerRequest = 1 << 20;
constexpr std::string_view kPromotePath = "/members/promote/";

// Why a promotion failed, in the words that the original's members know, and back.
std::string to_peers(const Error& error) {
  if (error.message() == error::member_not_found().message()) return "membership: ID not found";
  if (error.message() == error::member_not_learner().message()) {
    return "membership: can only promote a learner member";
  }
  return error.message();
}

Error from_peers(Error error) {
  const std::string& text = error.message();
  if (error.code() == Code::kNotFound) return error::member_not_found();
  if (text.contains(error::learner_not_ready().message())) return error::learner_not_ready();
  if (text.contains("can only promote a learner member")) return error::member_not_learner();
  return error;
}

}  // namespace

Task<void> Member::change_configuration(raft::ConfChange change) {
  change.id = ids_.next();
  const uint64_t id = change.id;
  co_await wait_for(id, std::move(change));
}

Task<membership::Member> Member::add_member(std::vector<std::string> peer_urls, bool is_learner) {
  for (const std::string& url : peer_urls) {
    if (!peer::parse_url(url)) co_return fail(error::member_bad_urls());
  }
  if (peer_urls.empty()) co_return fail(error::member_bad_urls());
  std::sort(peer_urls.begin(), peer_urls.end());
  membership::Member member;
  member.peer_urls = std::move(peer_urls);
  member.is_learner = is_learner;
  member.id = membership::member_id(
      member.peer_urls, "",
      std::chrono::floor<seconds>(parts_.loop.wall_now().time_since_epoch()).count());
  if (options_.strict_reconfig_check) {
    if (!is_learner && !cluster_.is_ready_to_add_voter()) {
      log_warn("rejecting member add request; not enough healthy members",
               {{"local-member-id", to_hex(booted_id_)}});
      co_return fail(error::not_enough_started_members());
    }
    for (const auto& [id, other] : cluster_.members()) {
      if (id == booted_id_ || other.is_learner) continue;
      const auto since = transport_->active_since(raft::NodeId(id));
      if (!since || parts_.loop.now() - *since < kHealthInterval) {
        log_warn("rejecting member add request; local member has not been connected to all peers",
                 {{"local-member-id", to_hex(booted_id_)}});
        co_return fail(error::unhealthy());
      }
    }
  }
  raft::ConfChange change;
  change.type = is_learner ? raft::ConfChangeType::kAddLearnerNode : raft::ConfChangeType::kAddNode;
  change.node_id = raft::NodeId(member.id);
  change.context = membership::encode_context(member, false);
  co_await change_configuration(std::move(change));
  co_return std::move(member);
}

// The original's rules: a learner or a member that is down anyway may go; another only
// if those that are left and connected are a quorum.
Result<void> Member::may_remove(uint64_t id) const {
  const membership::Member* leaving = cluster_.find(id);
  if (!options_.strict_reconfig_check || leaving == nullptr || leaving->is_learner) return {};
  if (!cluster_.is_ready_to_remove(id)) return fail(error::not_enough_started_members());
  if (id != booted_id_ && !transport_->active_since(raft::NodeId(id))) return {};
  size_t active = 1;
  for (const raft::NodeId other : transport_->peer_ids()) {
    const membership::Member* member = cluster_.find(other.value());
    if (member != nullptr && !member->is_learner && transport_->active_since(other)) ++active;
  }
  if (active - 1 < 1 + (cluster_.voter_count() - 1) / 2) return fail(error::unhealthy());
  return {};
}

Task<void> Member::remove_member(uint64_t id) {
  co_await may_remove(id);
  raft::ConfChange change;
  change.type = raft::ConfChangeType::kRemoveNode;
  change.node_id = raft::NodeId(id);
  co_await change_configuration(std::move(change));
}

Task<void> Member::update_member(uint64_t id, std::vector<std::string> peer_urls) {
  for (const std::string& url : peer_urls) {
    if (!peer::parse_url(url)) co_await failure(error::member_bad_urls());
  }
  membership::Member member;
  member.id = id;
  member.peer_urls = std::move(peer_urls);
  std::sort(member.peer_urls.begin(), member.peer_urls.end());
  raft::ConfChange change;
  change.type = raft::ConfChangeType::kUpdateNode;
  change.node_id = raft::NodeId(id);
  change.context = json::to_text(membership::to_json(member));
  co_await change_configuration(std::move(change));
}

Task<membership::Members> Member::promote_member(uint64_t id) {
  const membership::Member* known = cluster_.find(id);
  if (known == nullptr) co_return fail(error::member_not_found());
  if (!is_leader()) {
    const auto asked =
        co_await result(ask_leader("POST", format("{}{}", kPromotePath, id), {}, {}));
    if (!asked) co_return fail(from_peers(asked.error()));
    co_return co_await membership::members_from_json(*asked);
  }
  const raft::Status status = node_.status();
  uint64_t learner_match = 0;
  uint64_t leader_match = 0;
  for (const raft::MemberProgress& progress : status.progress) {
    if (progress.id.value() == id) learner_match = progress.match.value();
    if (progress.id.value() == booted_id_) leader_match = progress.match.value();
  }
  if (static_cast<double>(learner_match) < 0.9 * static_cast<double>(leader_match)) {
    co_return fail(error::learner_not_ready());
  }
  if (options_.strict_reconfig_check && !cluster_.is_ready_to_promote(id)) {
    co_return fail(error::not_enough_started_members());
  }
  raft::ConfChange change;
  change.type = raft::ConfChangeType::kAddNode;
  change.node_id = raft::NodeId(id);
  membership::Member promoted;
  promoted.id = id;
  change.context = membership::encode_context(promoted, true);
  co_await change_configuration(std::move(change));
  co_return cluster_.members();
}

Task<void> Member::move_leader(uint64_t to) {
  if (!is_leader()) co_await failure(error::not_leader());
  const membership::Member* heir = cluster_.find(to);
  if (heir == nullptr || heir->is_learner) co_await failure(error::bad_leader_transferee());
  node_.transfer_leader(raft::NodeId(to));
  wants_pump();
  const MonotonicTime deadline = parts_.loop.now() + request_timeout(options_);
  while (leader() != to) {
    const auto waited = co_await with_deadline(
        parts_.loop, std::min(deadline, parts_.loop.now() + options_.tick),
        [](Wakeup& changed) -> Task<void> { co_await changed.wait(); }(leader_changed_));
    if (!waited && parts_.loop.now() >= deadline) {
      co_await failure(error::timeout());
    }
  }
}

Task<Bytes> Member::ask_leader(std::string method, std::string target, Headers headers,
                               Bytes body) {
  const MonotonicTime deadline = parts_.loop.now() + request_timeout(options_);
  co_await wait_for_leader(deadline);
  const membership::Member* leading = cluster_.find(leader());
  if (leading == nullptr) co_return fail(error::no_leader());
  co_return co_await transport_->request(leading->peer_urls, std::move(method), std::move(target),
                                         std::move(headers), std::move(body),
                                         deadline - parts_.loop.now());
}

bool Member::serves_peer_path(std::string_view path) {
  return peer::Transport::serves(path) || path == "/members" || path == "/leases" ||
         path == "/leases/internal" || path == "/members/hashkv" || path.starts_with(kPromotePath);
}

Task<void> Member::handle_peer(Exchange& exchange) {
  const std::string_view path = exchange.head().path();
  if (path == "/members") {
    co_await handle_members(exchange);
  } else if (path == "/members/hashkv") {
    co_await handle_hash_kv(exchange);
  } else if (path.starts_with(kPromotePath)) {
    co_await handle_promote(exchange);
  } else if (path.starts_with("/leases")) {
    co_await handle_leases(exchange);
  } else {
    co_await transport_->handle(exchange);
  }
}

Task<void> Member::handle_members(Exchange& exchange) {
  if (exchange.head().method != "GET") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "GET"}});
  }
  exchange.always_send("X-Etcd-Cluster-ID", to_hex(cluster_.id()));
  const auto& members = cluster_.members().empty() ? first_members_ : cluster_.members();
  exchange.respond(200, "application/json", membership::to_json_text(members) + "\n");
}

Task<void> Member::handle_promote(Exchange& exchange) {
  if (exchange.head().method != "POST") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "POST"}});
  }
  exchange.always_send("X-Etcd-Cluster-ID", to_hex(cluster_.id()));
  const std::string text(exchange.head().path().substr(kPromotePath.size()));
  const auto id = parse_uint(text);
  if (!id) {
    co_return exchange.respond_text(404, format("member {} not found in cluster", text));
  }
  const auto promoted = co_await result(promote_member(*id));
  if (promoted) {
    co_return exchange.respond(200, "application/json", membership::to_json_text(*promoted) + "\n");
  }
  const Code code = promoted.error().code();
  const int status = code == Code::kNotFound ? 404 : code == Code::kFailedPrecondition ? 412 : 500;
  exchange.respond_text(status, to_peers(promoted.error()));
}

Task<void> Member::handle_hash_kv(Exchange& exchange) {
  if (exchange.head().method != "GET") {
    co_return exchange.respond_text(405, "Method Not Allowed", {{"Allow", "GET"}});
  }
  exchange.always_send("X-Etcd-Cluster-ID", to_hex(cluster_.id()));
  const Bytes body = co_await exchange.read_all(kMaxPeerRequest);
  const auto request = json::parse(body);
  const json::Value* revision = request ? request->find("revision") : nullptr;
  if (!request) co_return exchange.respond_text(400, "error unmarshalling request");
  const auto hashed =
      co_await result(hash_kv(*this, revision != nullptr ? revision->as_int().value_or(0) : 0));
  if (!hashed) co_return exchange.respond_text(400, hashed.error().message());
  const json::Object header{{"revision", hashed->current_revision}};
  exchange.respond(200, "application/json",
                   json::to_text(json::Object{{"header", header},
                                              {"hash", static_cast<uint64_t>(hashed->hash)},
                                              {"compact_revision", hashed->compact_revision}}));
}

}  // namespace argosy::etcd::member
