// Machines, figures about them, and what happened.
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/statistics.h"

namespace argosy::update_service::api {
namespace {

using model::Span;

Result<Span> span_of(const Call& call) {
  const std::string text = query_text(call, "duration");
  const auto span = text.empty() ? std::optional(Span::kDay) : model::parse_span(text);
  if (!span) return fail(Code::kInvalidArgument, "duration is 1h, 1d, 7d or 30d");
  return *span;
}

Result<json::Value> version_timeline(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  const Span span = TRY(span_of(call));
  json::Object points;
  for (const auto& [at, versions] :
       TRY(store::version_timeline(call.database, group.id, span, call.now))) {
    json::Object counts;
    for (const auto& [version, count] : versions) counts.emplace_back(version, count);
    points.emplace_back(to_rfc3339(at), std::move(counts));
  }
  return points;
}

Result<json::Value> status_timeline(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  const Span span = TRY(span_of(call));
  json::Object points;
  for (const auto& [at, statuses] :
       TRY(store::status_timeline(call.database, group.id, span, call.now))) {
    json::Object by_status;
    for (const auto& [status, versions] : statuses) {
      json::Object counts;
      for (const auto& [version, count] : versions) counts.emplace_back(version, count);
      by_status.emplace_back(format("{}", static_cast<int>(status)), std::move(counts));
    }
    points.emplace_back(to_rfc3339(at), std::move(by_status));
  }
  return points;
}

Result<json::Value> instances_stats(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  const store::StatusCounts counts = TRY(store::status_breakdown(call.database, group.id));
  constexpr std::pair<Status, const char*> kNames[] = {{Status::kUndefined, "undefined"},
                                                       {Status::kGranted, "update_granted"},
                                                       {Status::kError, "error"},
                                                       {Status::kComplete, "complete"},
                                                       {Status::kInstalled, "installed"},
                                                       {Status::kDownloaded, "downloaded"},
                                                       {Status::kDownloading, "downloading"},
                                                       {Status::kOnHold, "onhold"}};
  uint64_t total = 0;
  for (const auto& [status, count] : counts) total += count;
  json::Object object = {{"total", total}};
  for (const auto& [status, name] : kNames) {
    const auto place = counts.find(status);
    object.emplace_back(name, place == counts.end() ? uint64_t{0} : place->second);
  }
  return object;
}

Result<json::Value> version_breakdown(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  json::Array entries;
  for (const store::VersionShare& share : TRY(store::version_breakdown(call.database, group.id))) {
    entries.push_back(json::Object{{"version", share.version},
                                   {"instances", share.instances},
                                   {"percentage", share.percentage}});
  }
  return entries;
}

Result<store::InstanceOrder> order_of(const Call& call) {
  using store::InstanceOrder;
  const std::string name = query_text(call, "sortFilter");
  constexpr std::pair<std::string_view, InstanceOrder> kNames[] = {
      {"", InstanceOrder::kLastCheck},      {"id", InstanceOrder::kId},
      {"ip", InstanceOrder::kIp},           {"last_check_for_updates", InstanceOrder::kLastCheck},
      {"version", InstanceOrder::kVersion}, {"status", InstanceOrder::kStatus},
      {"alias", InstanceOrder::kAlias}};
  for (const auto& [known, order] : kNames) {
    if (name == known) return order;
  }
  return fail(Code::kInvalidArgument, "sortFilter is not known: " + go_quote(name));
}

Result<store::InstanceFilter> filter_of(const Call& call) {
  store::InstanceFilter filter;
  const model::Group& group = *TRY(group_of(call));
  filter.application_id = group.application_id;
  filter.group_id = group.id;
  const std::string status = query_text(call, "status");
  if (!status.empty() && status != "0") {
    const auto number = parse_uint(status);
    if (!number || *number > 8) return fail(Code::kInvalidArgument, "status is from 0 to 8");
    filter.status = static_cast<Status>(*number);
  }
  filter.version = query_text(call, "version");
  filter.since = call.now - model::length_of(TRY(span_of(call)));
  filter.search = query_text(call, "searchValue");
  filter.order = TRY(order_of(call));
  const std::string order = query_text(call, "sortOrder");
  filter.is_descending = order != "0" && order != "asc";
  const Page page = TRY(page_of(call));
  filter.page = page.number;
  filter.per_page = page.size;
  return filter;
}

Result<json::Value> list_instances(Call& call) {
  const store::InstanceFilter filter = TRY(filter_of(call));
  json::Array instances;
  for (const model::FleetMember& member : TRY(store::list_members(call.database, filter))) {
    instances.push_back(to_json(member));
  }
  const uint64_t total = TRY(store::count_members(call.database, filter));
  return json::Object{{"total", total}, {"instances", std::move(instances)}};
}

Result<json::Value> count_instances(Call& call) {
  const store::InstanceFilter filter = TRY(filter_of(call));
  return json::Object{{"count", TRY(store::count_members(call.database, filter))}};
}

Result<json::Value> show_instance(Call& call) {
  const model::Group& group = *TRY(group_of(call));
  const auto member = TRY(store::find_member(call.database, call.words[2], group.application_id));
  if (!member) return fail(Code::kNotFound, "no instance " + go_quote(call.words[2]));
  return to_json(*member);
}

Result<json::Value> status_history(Call& call) {
  constexpr uint64_t kMost = 1000;
  const model::Group& group = *TRY(group_of(call));
  const std::string text = query_text(call, "limit");
  const auto limit = text.empty() ? std::optional<uint64_t>(20) : parse_uint(text);
  if (!limit || *limit == 0 || *limit > kMost) {
    return fail(Code::kInvalidArgument, format("limit is from 1 to {}", kMost));
  }
  json::Array entries;
  for (const model::StatusChange& change : TRY(store::status_history(
           call.database, call.words[2], group.application_id, group.id, *limit))) {
    entries.push_back(to_json(change));
  }
  return entries;
}

Result<json::Value> set_alias(Call& call) {
  std::string alias;
  TRY(take(call, "alias", alias));
  TRY(store::set_alias(call.database, call.words[0], alias));
  TRY(call.note("instance.alias", call.words[0], {}, alias));
  return json::Object{{"id", call.words[0]}, {"alias", alias}};
}

Result<json::Value> list_activity(Call& call) {
  const Page page = TRY(page_of(call));
  store::ActivityFilter filter;
  filter.application_id = query_text(call, "appIDorProductID");
  if (const auto* application = call.catalog.application(filter.application_id)) {
    filter.application_id = application->id;
  }
  filter.group_id = query_text(call, "groupID");
  filter.channel_id = query_text(call, "channelID");
  filter.instance_id = query_text(call, "instanceID");
  filter.version = query_text(call, "version");
  const std::string severity = query_text(call, "severity");
  if (!severity.empty() && severity != "0") {
    const auto number = parse_uint(severity);
    if (!number || *number > 4) return fail(Code::kInvalidArgument, "severity is from 0 to 4");
    filter.severity = static_cast<model::Severity>(*number);
  }
  filter.page = page.number;
  filter.per_page = page.size;
  json::Array activities;
  for (const model::Activity& activity : TRY(store::list_activity(call.database, filter))) {
    activities.push_back(to_json(call.catalog, activity));
  }
  return page_object(TRY(store::count_activity(call.database, filter)), "activities",
                     std::move(activities));
}

Result<json::Value> show_overview(Call& call) {
  return overview(call.database, call.catalog, call.now);
}

constexpr auto kViewer = auth::Role::kViewer;
constexpr std::array kRoutes = {
    Route{"GET", "apps/*/groups/*/version_timeline", kViewer, version_timeline},
    Route{"GET", "apps/*/groups/*/status_timeline", kViewer, status_timeline},
    Route{"GET", "apps/*/groups/*/instances_stats", kViewer, instances_stats},
    Route{"GET", "apps/*/groups/*/version_breakdown", kViewer, version_breakdown},
    Route{"GET", "apps/*/groups/*/instances", kViewer, list_instances},
    Route{"GET", "apps/*/groups/*/instancescount", kViewer, count_instances},
    Route{"GET", "apps/*/groups/*/instances/*", kViewer, show_instance},
    Route{"GET", "apps/*/groups/*/instances/*/status_history", kViewer, status_history},
    Route{"PUT", "instances/*", auth::Role::kOperator, set_alias},
    Route{"GET", "activity", kViewer, list_activity},
    Route{"GET", "overview", kViewer, show_overview},
};

}  // namespace

std::span<const Route> fleet_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
