#include <algorithm>
#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/catalog_store.h"

namespace argosy::update_service::api {
namespace {

std::vector<model::Channel> channels_of(const Call& call, const model::Application& application) {
  std::vector<model::Channel> channels;
  for (const model::Channel& channel : call.catalog.channels) {
    if (channel.application_id == application.id) channels.push_back(channel);
  }
  return channels;
}

Result<void> check_package(const Call& call, const model::Channel& channel) {
  if (channel.package_id.empty()) return {};
  const model::Package* package = call.catalog.package(channel.package_id);
  if (package == nullptr || package->application_id != channel.application_id ||
      (package->arch != channel.arch && package->arch != model::Arch::kAll)) {
    return fail(Code::kInvalidArgument,
                "package_id is no package of this application and architecture");
  }
  if (package->is_delta()) return fail(Code::kInvalidArgument, "a channel can't offer a delta");
  const auto& blacklist = channel.blacklist;
  if (std::ranges::find(blacklist, channel.package_id) != blacklist.end()) {
    return fail(Code::kFailedPrecondition, "the package is blacklisted for this channel");
  }
  return {};
}

Result<void> take_fields(Call& call, model::Channel& channel) {
  TRY(take(call, "name", channel.name));
  TRY(take(call, "color", channel.color));
  TRY(take(call, "package_id", channel.package_id));
  auto arch = static_cast<int64_t>(channel.arch);
  TRY(take(call, "arch", arch));
  const auto known = model::arch_by_number(arch);
  if (!known) return fail(Code::kInvalidArgument, "arch is from 0 to 3");
  channel.arch = *known;
  TRY(check_package(call, channel));
  return model::check_valid(channel);
}

Result<json::Value> save(Call& call, std::string_view action, const model::Channel& before,
                         const model::Channel& after) {
  TRY(store::change(call.database, after, call.now));
  json::Value changed = to_json(call.catalog, after);
  TRY(call.note(format("channel.{}", action), after.id, to_json(call.catalog, before), changed));
  return changed;
}

Result<json::Value> list_channels(Call& call) {
  return page_json(TRY(page_of(call)), "channels", channels_of(call, *TRY(application_of(call))),
                   [&](const model::Channel& channel) { return to_json(call.catalog, channel); });
}

Result<json::Value> show_channel(Call& call) {
  return to_json(call.catalog, *TRY(channel_of(call)));
}

Result<json::Value> add_channel(Call& call) {
  model::Channel channel;
  channel.application_id = TRY(application_of(call))->id;
  TRY(take(call, "id", channel.id));
  TRY(take_fields(call, channel));
  channel = TRY(store::add(call.database, channel, call.now));
  json::Value made = to_json(call.catalog, channel);
  TRY(call.note("channel.add", channel.id, {}, made));
  return made;
}

// A PUT in Nebraska's manner: without package_id the channel offers nothing.
Result<json::Value> change_channel(Call& call) {
  const model::Channel& before = *TRY(channel_of(call));
  model::Channel after = before;
  after.package_id.clear();
  TRY(take_fields(call, after));
  return save(call, "change", before, after);
}

Result<json::Value> remove_channel(Call& call) {
  const model::Channel& channel = *TRY(channel_of(call));
  TRY(store::remove_channel(call.database, channel.id));
  TRY(call.note("channel.remove", channel.id, to_json(call.catalog, channel), {}));
  return json::Value();
}

// {"package_id": ..., "pinned": true}: the channel offers this until somebody unpins it.
Result<json::Value> pin(Call& call) {
  const model::Channel& before = *TRY(channel_of(call));
  model::Channel after = before;
  after.is_pinned = true;
  TRY(take(call, "pinned", after.is_pinned));
  TRY(take(call, "package_id", after.package_id));
  TRY(check_package(call, after));
  return save(call, after.is_pinned ? "pin" : "unpin", before, after);
}

// {"package_id": ..., "forced": true}: machines above that version go down to it, and the
// channel is pinned, so that no mirror moves it up again.
Result<json::Value> roll_back(Call& call) {
  const model::Channel& before = *TRY(channel_of(call));
  model::Channel after = before;
  bool forced = true;
  TRY(take(call, "forced", forced));
  TRY(take(call, "package_id", after.package_id));
  after.forces_rollback = forced;
  if (forced) after.is_pinned = true;
  TRY(check_package(call, after));
  return save(call, forced ? "rollback" : "end_rollback", before, after);
}

Result<void> check_metadata(const Call& call, const model::Channel& channel) {
  namespace cm = channel_metadata;
  if (call.channel_keys.is_empty()) {
    return fail(Code::kFailedPrecondition,
                "this service has no public keys for channel metadata (-channel-keys)");
  }
  uint64_t last = 0;
  if (const auto old = cm::parse(channel.metadata)) last = old->metadata.sequence + 1;
  const auto metadata = cm::verify(call.raw_body, call.channel_keys, call.now,
                                   {.application = channel.application_id,
                                    .channel = channel.name,
                                    .arch = model::arch_name(channel.arch),
                                    .last_sequence = last});
  if (!metadata) {
    // To the desk Unavailable means that the database is not there.
    const bool is_of_the_future = metadata.error().code() == Code::kUnavailable;
    return is_of_the_future ? fail(Code::kFailedPrecondition, metadata.error().message())
                            : fail(metadata.error());
  }
  const model::Package* package = call.catalog.package(channel.package_id);
  if (package != nullptr && package->version != metadata->target) {
    return fail(Code::kFailedPrecondition,
                format("the document's target is {}, the channel offers {}: set the channel first",
                       metadata->target, package->version));
  }
  return {};
}

// The body is the document, as it was signed.
Result<json::Value> set_metadata(Call& call) {
  const model::Channel& before = *TRY(channel_of(call));
  TRY(check_metadata(call, before));
  model::Channel after = before;
  after.metadata = call.raw_body;
  TRY(store::change(call.database, after, call.now));
  TRY(call.note("channel.metadata", after.id, before.metadata, after.metadata));
  return to_json(call.catalog, after);
}

Result<json::Value> show_metadata(Call& call) {
  const model::Channel& channel = *TRY(channel_of(call));
  if (channel.metadata.empty()) return fail(Code::kNotFound, "the channel has no metadata");
  return json::parse(channel.metadata);
}

// The package of /api/channels/*/floors/* and of .../blacklist/*.
Result<const model::Package*> bare_package_of(const Call& call, const model::Channel& channel) {
  const model::Package* package = call.catalog.package(call.words[1]);
  if (package == nullptr || package->application_id != channel.application_id) {
    return fail(Code::kNotFound, format("no package {}", go_quote(call.words[1])));
  }
  return package;
}

Result<json::Value> list_floors(Call& call) {
  const model::Channel& channel = *TRY(bare_channel_of(call, 0));
  const Page page = TRY(page_of(call));
  json::Array packages;
  for (const model::Floor& floor : channel.floors) {
    const model::Package* package = call.catalog.package(floor.package_id);
    if (package == nullptr) continue;
    json::Value value = to_json(call.catalog, *package);
    value.as_object()->emplace_back("is_floor", true);
    value.as_object()->emplace_back("floor_reason", floor.reason);
    packages.push_back(std::move(value));
  }
  const uint64_t total = packages.size();
  const uint64_t first = std::min(total, (page.number - 1) * page.size);
  const uint64_t end = std::min(total, first + page.size);
  json::Array shown(packages.begin() + static_cast<std::ptrdiff_t>(first),
                    packages.begin() + static_cast<std::ptrdiff_t>(end));
  return json::Object{{"packages", std::move(shown)},
                      {"current_page", page.number},
                      {"last_page", std::max<uint64_t>(1, (total + page.size - 1) / page.size)},
                      {"total_count", total}};
}

Result<json::Value> add_floor(Call& call) {
  constexpr size_t kMaxReasonBytes = 500;
  const model::Channel& before = *TRY(bare_channel_of(call, 0));
  const model::Package& package = *TRY(bare_package_of(call, before));
  std::string reason;
  TRY(take(call, "floor_reason", reason));
  if (reason.size() > kMaxReasonBytes) {
    return fail(Code::kInvalidArgument,
                format("floor_reason has at most {} bytes", kMaxReasonBytes));
  }
  model::Channel after = before;
  std::erase_if(after.floors, [&](const auto& floor) { return floor.package_id == package.id; });
  after.floors.push_back({package.id, reason});
  TRY(model::check_valid(after));
  TRY(store::change(call.database, after, call.now));
  TRY(call.note("channel.floor", after.id, {},
                json::Object{{"version", package.version}, {"floor_reason", reason}}));
  return json::Value();
}

Result<json::Value> remove_floor(Call& call) {
  const model::Channel& before = *TRY(bare_channel_of(call, 0));
  model::Channel after = before;
  const auto is_it = [&](const auto& floor) { return floor.package_id == call.words[1]; };
  if (std::erase_if(after.floors, is_it) == 0) {
    return fail(Code::kNotFound, format("{} is no floor", go_quote(call.words[1])));
  }
  TRY(store::change(call.database, after, call.now));
  TRY(call.note("channel.unfloor", after.id, call.words[1], {}));
  return json::Value();
}

Result<json::Value> blacklist(Call& call) {
  const model::Channel& before = *TRY(bare_channel_of(call, 0));
  const model::Package& package = *TRY(bare_package_of(call, before));
  if (before.package_id == package.id) {
    return fail(Code::kFailedPrecondition,
                "the channel offers this package: let it offer another one first");
  }
  model::Channel after = before;
  std::erase(after.blacklist, package.id);
  after.blacklist.push_back(package.id);
  TRY(store::change(call.database, after, call.now));
  TRY(call.note("channel.blacklist", after.id, {}, package.version));
  return json::Value();
}

Result<json::Value> unblacklist(Call& call) {
  const model::Channel& before = *TRY(bare_channel_of(call, 0));
  model::Channel after = before;
  if (std::erase(after.blacklist, call.words[1]) == 0) {
    return fail(Code::kNotFound, format("{} is not blacklisted", go_quote(call.words[1])));
  }
  TRY(store::change(call.database, after, call.now));
  TRY(call.note("channel.unblacklist", after.id, call.words[1], {}));
  return json::Value();
}

constexpr std::array kRoutes = {
    Route{"GET", "apps/*/channels", auth::Role::kViewer, list_channels},
    Route{"POST", "apps/*/channels", auth::Role::kOperator, add_channel},
    Route{"GET", "apps/*/channels/*", auth::Role::kViewer, show_channel},
    Route{"PUT", "apps/*/channels/*", auth::Role::kOperator, change_channel},
    Route{"DELETE", "apps/*/channels/*", auth::Role::kOperator, remove_channel},
    Route{"PUT", "apps/*/channels/*/pin", auth::Role::kOperator, pin},
    Route{"PUT", "apps/*/channels/*/rollback", auth::Role::kOperator, roll_back},
    Route{"GET", "apps/*/channels/*/metadata", auth::Role::kViewer, show_metadata},
    Route{"PUT", "apps/*/channels/*/metadata", auth::Role::kOperator, set_metadata},
    Route{"GET", "channels/*/floors", auth::Role::kViewer, list_floors},
    Route{"PUT", "channels/*/floors/*", auth::Role::kOperator, add_floor},
    Route{"DELETE", "channels/*/floors/*", auth::Role::kOperator, remove_floor},
    Route{"PUT", "channels/*/blacklist/*", auth::Role::kOperator, blacklist},
    Route{"DELETE", "channels/*/blacklist/*", auth::Role::kOperator, unblacklist},
};

}  // namespace

std::span<const Route> channel_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
