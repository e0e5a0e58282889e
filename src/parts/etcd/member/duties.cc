// What a member does by itself: make itself known, agree on the cluster's version,
// revoke leases that ran out, remove old files.
#include "base/bytes.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/member/member.h"
#include "parts/etcd/snap/snap.h"
#include "sys/log/log.h"

namespace argosy::etcd::member {
namespace {

constexpr Duration kVersionInterval = seconds(4);
constexpr Duration kPurgeInterval = seconds(30);

json::Array to_array(const std::vector<std::string>& texts) {
  json::Array array;
  for (const std::string& text : texts) array.emplace_back(text);
  return array;
}

// Versions as numbers, so that "3.10.0" is above "3.9.0".
std::optional<std::array<uint64_t, 3>> parse_version(std::string_view text) {
  const auto parts = split(text.substr(0, text.find('-')), '.');
  if (parts.size() != 3) return std::nullopt;
  std::array<uint64_t, 3> numbers{};
  for (size_t i = 0; i < 3; ++i) {
    const auto number = parse_uint(parts[i]);
    if (!number) return std::nullopt;
    numbers[i] = *number;
  }
  return numbers;
}

}  // namespace

Task<void> Member::publish() {
  const std::string path = format("/0/members/{}/attributes", to_hex(booted_id_));
  const std::string value = json::to_text(json::Object{
      {"name", options_.name}, {"clientURLs", to_array(options_.advertised_client_urls)}});
  while (!is_published_) {
    const Result<void> published =
        co_await first_of(parts_.loop, propose_v2("PUT", path, value), ready());
    if (published) break;
    log_warn("failed to publish local member to cluster through raft",
             {{"local-member-id", to_hex(booted_id_)}, {"error", published.error()}});
    co_await sleep_for(parts_.loop, options_.tick);
  }
  log_info("published local member to cluster through raft",
           {{"local-member-id", to_hex(booted_id_)}, {"cluster-id", to_hex(cluster_.id())}});
  on_published();
}

void Member::on_published() {
  is_published_ = true;
  ready_.notify_all();
}

// Nothing when a member does not answer: then the version stays.
Task<std::optional<std::string>> Member::lowest_version() {
  std::optional<std::array<uint64_t, 3>> lowest;
  const membership::Members members = cluster_.members();
  for (const auto& [id, member] : members) {
    std::string version(kServerVersion);
    if (id != booted_id_) {
      const auto body = co_await result(transport_->request(
          member.peer_urls, "GET", "/version", {}, {}, options_.election_ticks * options_.tick));
      if (!body) co_return std::nullopt;
      const auto value = json::parse(*body);
      if (!value) co_return std::nullopt;
      version = value->text_of("etcdserver");
    }
    const auto numbers = parse_version(version);
    if (!numbers) co_return std::nullopt;
    if (!lowest || *numbers < *lowest) lowest = numbers;
  }
  if (!lowest) co_return std::nullopt;
  co_return format("{}.{}.0", (*lowest)[0], (*lowest)[1]);
}

Task<void> Member::watch_version() {
  while (true) {
    if (is_leader() && state_->lessor().is_primary()) {
      const std::optional<std::string> lowest = co_await lowest_version();
      std::string wanted = cluster_.version();
      if (wanted.empty()) {
        wanted = lowest.value_or(std::string(kMinClusterVersion));
      } else if (lowest && parse_version(*lowest) > parse_version(wanted)) {
        wanted = *lowest;
      }
      if (wanted != cluster_.version()) {
        co_await result(propose_v2("PUT", "/0/version", wanted));
      }
    }
    // A cluster that has no version yet should not wait for one.
    const bool undecided = cluster_.version().empty();
    co_await sleep_for(parts_.loop, undecided ? options_.tick : kVersionInterval);
  }
}

void Member::expire_leases() {
  lease_timer_.arm_after(lease::kExpiryInterval);
  if (!state_->lessor().is_primary() || !is_leader()) return;
  const auto expired = state_->lessor().expired(parts_.loop.now(), lease::kRevokeRate / 2);
  for (const lease::LeaseId id : expired) {
    ++counters_.leases_expired;
    scope_.spawn(revoke_expired(id.value()));
  }
}

Task<void> Member::revoke_expired(int64_t id) {
  // So many at a time; the rest wait their turn.
  while (revoking_ >= lease::kMaxPendingRevokes) co_await applied_something_.wait();
  struct Pending {
    size_t& count;
    explicit Pending(size_t& c) : count(c) { ++count; }
    ~Pending() { --count; }
  };
  const Pending pending(revoking_);
  co_await result(propose(apply::kLeaseRevokeField, apply::encode(apply::LeaseRevoke{id})));
}

Task<void> Member::purge_files() {
  while (true) {
    co_await sleep_for(parts_.loop, kPurgeInterval);
    const auto purged = co_await result(run_on_log([this](wal::Wal& log) -> Result<void> {
      if (options_.max_wal_files > 0) TRY(log.purge(options_.max_wal_files));
      if (options_.max_snap_files > 0) {
        TRY(snap::purge(parts_.disk, paths_.snap_dir, options_.max_snap_files));
      }
      return {};
    }));
    if (!purged) log_warn("cannot purge old files", {{"error", purged.error()}});
  }
}

}  // namespace argosy::etcd::member
