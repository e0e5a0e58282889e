// What an operator at three in the morning wants to know of each group: where it stands, what
// is stuck, and what to do about it.
#include "base/format.h"
#include "lib/channel_metadata/metadata.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/statistics.h"

namespace argosy::update_service::api {
namespace {

constexpr Duration kExpiresSoon = hours(48);

struct Advice {
  json::Array list;
  void add(std::string_view severity, std::string what, std::string_view action) {
    list.push_back(json::Object{{"severity", severity}, {"what", what}, {"action", action}});
  }
};

void advise_on_metadata(const model::Channel& channel, const std::string& target, WallTime now,
                        Advice& advice) {
  if (channel.metadata.empty()) return;
  const auto document = channel_metadata::parse(channel.metadata);
  if (!document) return;
  const channel_metadata::Metadata& metadata = document->metadata;
  constexpr std::string_view kSign = "sign a new document offline and push it: channel push";
  if (metadata.expires <= now) {
    advice.add("error",
               format("the channel's signed metadata expired at {}: machines that check "
                      "it take no update",
                      to_rfc3339(metadata.expires)),
               kSign);
  } else if (metadata.expires - now < kExpiresSoon) {
    advice.add("warning",
               format("the channel's signed metadata expire at {}", to_rfc3339(metadata.expires)),
               kSign);
  }
  if (metadata.target != target) {
    advice.add("error",
               format("the channel offers {}, its signed metadata say {}", target, metadata.target),
               kSign);
  }
}

void advise_on_counts(const model::Group& group, const Counts& counts, const std::string& target,
                      Advice& advice) {
  if (!group.policy.updates_enabled) {
    advice.add(counts.failed > 0 ? "error" : "warning",
               counts.failed > 0
                   ? format("updates are paused, and {} machines failed with {}: safe mode may "
                            "have stopped the rollout",
                            counts.failed, target)
                   : std::string("updates are paused"),
               "look at the failed machines' history, then resume: group unpause");
  } else if (counts.failed > 0) {
    advice.add("warning", format("{} machines failed with {}", counts.failed, target),
               "look at their history and error codes; pause if it grows: group pause");
  }
  if (counts.timed_out > 0) {
    advice.add(
        "warning",
        format("{} machines began an update and did not report its end in time", counts.timed_out),
        "they may wait for a reboot or be down: look at locksmith and at the machines");
  }
}

Result<json::Value> situation(sql::Database& database, const model::Catalog& catalog,
                              const model::Group& group, WallTime now) {
  const model::Channel* channel = catalog.channel(group.channel_id);
  const model::Package* package =
      channel != nullptr ? catalog.package(channel->package_id) : nullptr;
  const std::string target = package != nullptr ? package->version : "";
  const Policy policy = model::policy_at(group, now);
  const Counts counts = TRY(store::counts_of(database, group.id, target, policy, now));
  Advice advice;
  json::Array versions;
  uint64_t at_target = 0;
  for (const store::VersionShare& share : TRY(store::version_breakdown(database, group.id))) {
    if (share.version == target) at_target = share.instances;
    versions.push_back(json::Object{{"version", share.version}, {"instances", share.instances}});
  }
  json::Object statuses;
  for (const auto& [status, count] : TRY(store::status_breakdown(database, group.id))) {
    statuses.emplace_back(std::string(status_name(status)), count);
  }
  if (package == nullptr && counts.instances > 0) {
    advice.add("error", "the group has machines, but its channel offers no package",
               "give the channel a package: channel update");
  }
  advise_on_counts(group, counts, target, advice);
  if (channel != nullptr) advise_on_metadata(*channel, target, now, advice);
  return json::Object{{"application_id", group.application_id},
                      {"group_id", group.id},
                      {"name", group.name},
                      {"track", group.track},
                      {"channel", channel != nullptr ? channel->name : ""},
                      {"target", target},
                      {"paused", !group.policy.updates_enabled},
                      {"pinned", channel != nullptr && channel->is_pinned},
                      {"forced_rollback", channel != nullptr && channel->forces_rollback},
                      {"percent", int64_t{policy.percent}},
                      {"rollout_in_progress", group.is_rolling_out},
                      {"instances", uint64_t{counts.instances}},
                      {"at_target", at_target},
                      {"updating", uint64_t{counts.updating}},
                      {"timed_out", uint64_t{counts.timed_out}},
                      {"failed", uint64_t{counts.failed}},
                      {"versions", std::move(versions)},
                      {"statuses", std::move(statuses)},
                      {"advice", std::move(advice.list)}};
}

}  // namespace

Result<json::Value> overview(sql::Database& database, const model::Catalog& catalog, WallTime now) {
  json::Array groups;
  for (const model::Group& group : catalog.groups) {
    groups.push_back(TRY(situation(database, catalog, group, now)));
  }
  return json::Object{{"groups", std::move(groups)}};
}

}  // namespace argosy::update_service::api
