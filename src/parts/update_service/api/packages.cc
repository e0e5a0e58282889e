#include <algorithm>
#include <array>

#include "base/text.h"
#include "lib/omaha/response.h"
#include "parts/update_service/api/encode.h"
#include "parts/update_service/api/routes.h"
#include "parts/update_service/store/catalog_store.h"

namespace argosy::update_service::api {
namespace {

constexpr size_t kSha1Bytes = 20;
constexpr size_t kSha256Bytes = 32;

// Base64 or hex, kept as base64.
Result<void> take_digest(Call& call, std::string_view name, size_t bytes, std::string& value) {
  std::string text;
  TRY(take(call, name, text));
  if (text.empty()) return {};
  const auto digest = omaha::read_digest(text, bytes);
  if (!digest) {
    return fail(Code::kInvalidArgument, std::string(name) + " is no digest in base64 or hex");
  }
  value = to_base64(*digest);
  return {};
}

// A number, or a text with one as Nebraska writes it.
Result<void> take_size(Call& call, uint64_t& size) {
  const json::Value* given = call.body.find("size");
  if (given == nullptr || given->is_null()) return {};
  const auto number =
      given->as_string() != nullptr ? parse_uint(*given->as_string()) : given->as_uint();
  if (!number) return fail(Code::kInvalidArgument, "size is a number of bytes");
  size = *number;
  return {};
}

// Nebraska's clients put the payload's SHA-256 into the action.
Result<void> take_sha256(Call& call, model::Package& package) {
  TRY(take_digest(call, "hash256", kSha256Bytes, package.sha256));
  const json::Value* action = call.body.find("flatcar_action");
  if (action == nullptr || action->is_null()) return {};
  package.is_for_update_engine = true;
  const std::string_view text = action->text_of("sha256");
  if (text.empty()) return {};
  const auto digest = omaha::read_digest(text, kSha256Bytes);
  if (!digest) return fail(Code::kInvalidArgument, "flatcar_action.sha256 is no digest");
  package.sha256 = to_base64(*digest);
  return {};
}

Result<void> take_fields(Call& call, model::Package& package) {
  auto type = static_cast<int64_t>(package.type);
  auto arch = static_cast<int64_t>(package.arch);
  TRY(take(call, "type", type));
  TRY(take(call, "arch", arch));
  const auto known_type = model::package_type_by_number(type);
  const auto known_arch = model::arch_by_number(arch);
  if (!known_type || !known_arch) {
    return fail(Code::kInvalidArgument, "type is from 1 to 4, arch from 0 to 3");
  }
  package.type = *known_type;
  package.arch = *known_arch;
  package.is_for_update_engine = package.type == model::PackageType::kFlatcar;
  TRY(take(call, "version", package.version));
  TRY(take(call, "source_version", package.source_version));
  TRY(take(call, "url", package.url));
  TRY(take(call, "filename", package.filename));
  TRY(take(call, "description", package.description));
  TRY(take_size(call, package.size));
  TRY(take_digest(call, "hash", kSha1Bytes, package.sha1));
  TRY(take_sha256(call, package));
  return model::check_valid(package);
}

// "channels_blacklist": ids of channels that are never to offer the package.
Result<void> save_blacklist(Call& call, const model::Package& package) {
  const json::Value* given = call.body.find("channels_blacklist");
  const json::Array* ids = given != nullptr ? given->as_array() : nullptr;
  if (ids == nullptr) return {};
  for (const model::Channel& channel : call.catalog.channels) {
    const bool wanted = std::ranges::find(*ids, json::Value(channel.id)) != ids->end();
    const bool is = std::ranges::find(channel.blacklist, package.id) != channel.blacklist.end();
    if (wanted == is || channel.application_id != package.application_id) continue;
    if (wanted && channel.package_id == package.id) {
      return fail(Code::kFailedPrecondition, "channel " + channel.name + " offers this package");
    }
    model::Channel after = channel;
    std::erase(after.blacklist, package.id);
    if (wanted) after.blacklist.push_back(package.id);
    TRY(store::change(call.database, after, call.now));
  }
  return {};
}

Result<json::Value> saved(Call& call, std::string_view action, const model::Package& package,
                          const json::Value& before) {
  TRY(save_blacklist(call, package));
  json::Value made = to_json(*TRY(store::load_catalog(call.database)), package);
  TRY(call.note("package." + std::string(action), package.id, before, made));
  return made;
}

Result<json::Value> list_packages(Call& call) {
  const model::Application& application = *TRY(application_of(call));
  const std::string part = query_text(call, "searchVersion");
  std::vector<model::Package> packages;
  for (const model::Package& package : call.catalog.packages) {
    if (package.application_id == application.id &&
        package.version.find(part) != std::string::npos) {
      packages.push_back(package);
    }
  }
  return page_json(TRY(page_of(call)), "packages", packages,
                   [&](const model::Package& package) { return to_json(call.catalog, package); });
}

Result<json::Value> show_package(Call& call) {
  return to_json(call.catalog, *TRY(package_of(call)));
}

Result<json::Value> add_package(Call& call) {
  model::Package package;
  package.application_id = TRY(application_of(call))->id;
  TRY(take_fields(call, package));
  package = TRY(store::add(call.database, package, call.now));
  return saved(call, "add", package, {});
}

Result<json::Value> change_package(Call& call) {
  const model::Package& before = *TRY(package_of(call));
  model::Package after = before;
  TRY(take_fields(call, after));
  TRY(store::change(call.database, after));
  return saved(call, "change", after, to_json(call.catalog, before));
}

// The body is what Uploads::take_in gave. The package may have changed since the file came.
Result<json::Value> attach_file(Call& call) {
  const model::Package& before = *TRY(package_of(call));
  model::Package after = before;
  TRY(take_fields(call, after));
  const auto fits = [](const auto& announced, const auto& is) {
    return announced == std::remove_cvref_t<decltype(is)>{} || announced == is;
  };
  if (!fits(before.size, after.size) || !fits(before.sha1, after.sha1) ||
      !fits(before.sha256, after.sha256)) {
    return fail(Code::kFailedPrecondition, "the package was changed meanwhile");
  }
  TRY(store::change(call.database, after));
  return saved(call, "upload", after, to_json(call.catalog, before));
}

Result<json::Value> remove_package(Call& call) {
  const model::Package& package = *TRY(package_of(call));
  TRY(store::remove_package(call.database, package.id));
  TRY(call.note("package.remove", package.id, to_json(call.catalog, package), {}));
  return json::Value();
}

Result<json::Value> floor_channels(Call& call) {
  const model::Package& package = *TRY(package_of(call));
  json::Array channels;
  for (const model::Channel& channel : call.catalog.channels) {
    for (const model::Floor& floor : channel.floors) {
      if (floor.package_id != package.id) continue;
      channels.push_back(json::Object{{"channel", to_json(call.catalog, channel)},
                                      {"floor_reason", floor.reason}});
    }
  }
  const auto count = static_cast<uint64_t>(channels.size());
  return json::Object{{"channels", std::move(channels)}, {"count", count}};
}

constexpr std::array kRoutes = {
    Route{"GET", "apps/*/packages", auth::Role::kViewer, list_packages},
    Route{"POST", "apps/*/packages", auth::Role::kOperator, add_package},
    Route{"GET", "apps/*/packages/*", auth::Role::kViewer, show_package},
    Route{"PUT", "apps/*/packages/*", auth::Role::kOperator, change_package},
    Route{"DELETE", "apps/*/packages/*", auth::Role::kOperator, remove_package, FileUse::kDropped},
    Route{"PUT", "apps/*/packages/*/file", auth::Role::kOperator, attach_file, FileUse::kTaken},
    Route{"GET", "apps/*/packages/*/floor-channels", auth::Role::kViewer, floor_channels},
};

}  // namespace

std::span<const Route> package_routes() {
  return kRoutes;
}

}  // namespace argosy::update_service::api
