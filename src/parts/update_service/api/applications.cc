#include <array>

#include "base/text.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/fleet_store.h"

namespace argosy::update_service::api {
namespace {

Result<json::Value> with_count(Call& call, const model::Application& application) {
  store::InstanceFilter filter;
  filter.application_id = application.id;
  filter.since = call.now - hours(24);
  return to_json(call.catalog, application, TRY(store::count_members(call.database, filter)));
}

Result<void> take_fields(Call& call, model::Application& application) {
  TRY(take(call, "name", application.name));
  TRY(take(call, "description", application.description));
  std::string product = application.product_id.value_or("");
  TRY(take(call, "product_id", product));
  application.product_id = product.empty() ? std::nullopt : std::optional(product);
  return model::check_valid(application);
}

Result<json::Value> list_applications(Call& call) {
  return page_json(
      TRY(page_of(call)), "applications", call.catalog.applications,
      [&](const model::Application& application) { return with_count(call, application); });
}

Result<json::Value> show_application(Call& call) {
  return with_count(call, *TRY(application_of(call)));
}

// "clone_from": the groups and channels of another application are made again for the new.
Result<void> clone(Call& call, const model::Application& from, const std::string& to_id) {
  std::map<std::string, std::string> channel_ids;
  for (model::Channel channel : call.catalog.channels) {
    if (channel.application_id != from.id) continue;
    const std::string old_id = std::exchange(channel.id, "");
    channel.application_id = to_id;
    channel.package_id.clear();
    channel.blacklist.clear();
    channel.floors.clear();
    channel.metadata.clear();
    channel.created = {};
    channel_ids[old_id] = TRY(store::add(call.database, channel, call.now)).id;
  }
  for (model::Group group : call.catalog.groups) {
    if (group.application_id != from.id) continue;
    group.id.clear();
    group.application_id = to_id;
    group.channel_id = group.channel_id.empty() ? "" : channel_ids[group.channel_id];
    group.created = {};
    TRY(store::add(call.database, group, call.now));
  }
  return {};
}

Result<json::Value> add_application(Call& call) {
  model::Application application;
  TRY(take(call, "id", application.id));
  TRY(take_fields(call, application));
  application = TRY(store::add(call.database, application, call.now));
  const std::string from = query_text(call, "clone_from");
  if (!from.empty()) {
    const model::Application* source = call.catalog.application(from);
    if (source == nullptr) return fail(Code::kNotFound, "no application " + go_quote(from));
    TRY(clone(call, *source, application.id));
  }
  json::Value made = to_json(*TRY(store::load_catalog(call.database)), application, 0);
  TRY(call.note("application.add", application.id, {}, made));
  return made;
}

Result<json::Value> change_application(Call& call) {
  const model::Application& before = *TRY(application_of(call));
  model::Application after = before;
  TRY(take_fields(call, after));
  TRY(store::change(call.database, after));
  json::Value changed = to_json(call.catalog, after, 0);
  TRY(call.note("application.change", after.id, to_json(call.catalog, before, 0), changed));
  return changed;
}

Result<json::Value> remove_application(Call& call) {
  const model::Application& application = *TRY(application_of(call));
  TRY(store::remove_application(call.database, application.id));
  TRY(call.note("application.remove", application.id, to_json(call.catalog, application, 0), {}));
  return json::Value();
}

constexpr std::array kRoutes = {
    Route{"GET", "apps", auth::Role::kViewer, list_applications},
    Route{"POST", "apps", auth::Role::kAdmin, add_application},
    Route{"GET", "apps/*", auth::Role::kViewer, show_application},
    Route{"PUT", "apps/*", auth::Role::kAdmin, change_application},
    Route{"DELETE", "apps/*", auth::Role::kAdmin, remove_application},
};

}  // namespace

std::span<const Route> application_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
