#include "lib/appc/pod_manifest.h"

#include <algorithm>
#include <set>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/app.h"
#include "lib/appc/isolators.h"
#include "lib/appc/names.h"
#include "lib/appc/volume.h"

namespace argosy::appc {
namespace {

using image::Fields;

Result<RuntimeImage> read_image(const Fields& fields) {
  RuntimeImage out{.name = TRY(fields.text("name")),
                   .id = TRY(fields.text("id")),
                   .labels = TRY(read_labels(fields))};
  if (!out.name.empty()) TRY_CONTEXT(judge_identifier(out.name), fields.path_of("name"));
  TRY_CONTEXT(judge_hash(out.id), fields.path_of("id"));
  return out;
}

Result<Mount> read_mount(const Fields& fields) {
  Mount out{.volume = TRY(fields.text("volume")),
            .path = TRY(fields.text("path")),
            .app_volume = std::nullopt};
  if (out.volume.empty()) return fields.refuse("volume", "volume must be set");
  TRY_CONTEXT(judge_name(out.volume), fields.path_of("volume"));
  if (out.path.empty()) return fields.refuse("path", "path must be set");
  if (const auto volume = TRY(fields.object("appVolume"))) {
    out.app_volume = TRY(read_volume(*volume));
  }
  return out;
}

Result<RuntimeApp> read_runtime_app(const Fields& fields) {
  RuntimeApp out;
  out.name = TRY(fields.text("name"));
  TRY_CONTEXT(judge_name(out.name), fields.path_of("name"));
  const auto image = TRY(fields.object("image"));
  if (!image) return fields.refuse("image", "image.id must be set");
  out.image = TRY(read_image(*image));
  if (const auto app = TRY(fields.object("app"))) {
    out.app = TRY(read_app(*app));
    TRY_CONTEXT(read_isolation(out.app->isolators), fields.path_of("app"));
  }
  out.has_read_only_root = TRY(fields.boolean("readOnlyRootFS"));
  for (const Fields& item : TRY(fields.objects("mounts"))) {
    out.mounts.push_back(TRY(read_mount(item)));
  }
  out.annotations = TRY(read_annotations(fields));
  return out;
}

Result<ExposedPort> read_exposed_port(const Fields& fields) {
  ExposedPort out{.name = TRY(fields.text("name")),
                  .host_port = TRY(fields.number("hostPort")),
                  .host_ip = TRY(fields.text("hostIP")),
                  .pod_port = std::nullopt};
  TRY_CONTEXT(judge_name(out.name), fields.path_of("name"));
  if (out.host_port > 65535) return fields.refuse("hostPort", "port must be in 1-65535 range");
  if (const auto port = TRY(fields.object("podPort"))) out.pod_port = TRY(read_port(*port));
  return out;
}

json::Value to_json(const Mount& mount) {
  json::Object out{{"volume", mount.volume}, {"path", mount.path}};
  if (mount.app_volume) out.emplace_back("appVolume", to_json(*mount.app_volume));
  return out;
}

json::Value to_json(const RuntimeImage& image) {
  json::Object out;
  image::put_text(out, "name", image.name);
  out.emplace_back("id", image.id);
  put_named_values(out, "labels", image.labels);
  return out;
}

json::Value to_json(const RuntimeApp& app) {
  json::Object out{{"name", app.name}, {"image", to_json(app.image)}};
  if (app.app) out.emplace_back("app", to_json(*app.app));
  if (app.has_read_only_root) out.emplace_back("readOnlyRootFS", true);
  json::Array mounts;
  for (const Mount& mount : app.mounts) mounts.push_back(to_json(mount));
  if (!mounts.empty()) out.emplace_back("mounts", std::move(mounts));
  put_named_values(out, "annotations", app.annotations);
  return out;
}

json::Value to_json(const ExposedPort& port) {
  json::Object out{{"name", port.name}, {"hostPort", port.host_port}};
  image::put_text(out, "hostIP", port.host_ip);
  if (port.pod_port) out.emplace_back("podPort", to_json(*port.pod_port));
  return out;
}

template <typename Item>
void put_list(json::Object& to, std::string_view member, const std::vector<Item>& items) {
  json::Array array;
  for (const Item& item : items) array.push_back(to_json(item));
  to.emplace_back(member, array.empty() ? json::Value() : json::Value(std::move(array)));
}

template <typename Item>
Result<void> judge_names(const std::vector<Item>& items, std::string_view what) {
  std::set<std::string_view> seen;
  for (const Item& item : items) {
    if (!seen.insert(item.name).second) {
      return fail(Code::kInvalidArgument,
                  format("duplicate {} of name {}", what, go_quote(item.name)));
    }
  }
  return {};
}

Result<void> read_shared(PodManifest& out, const Fields& fields) {
  for (const Fields& item : TRY(fields.objects("volumes"))) {
    out.volumes.push_back(TRY(read_volume(item)));
  }
  TRY_CONTEXT(judge_names(out.volumes, "volumes"), "volumes");
  out.isolators = TRY(read_isolators(fields));
  TRY_CONTEXT(read_isolation(out.isolators), "isolators");
  out.annotations = TRY(read_annotations(fields));
  for (const Fields& item : TRY(fields.objects("ports"))) {
    out.ports.push_back(TRY(read_exposed_port(item)));
  }
  out.user_annotations = TRY(fields.text_map("userAnnotations"));
  out.user_labels = TRY(fields.text_map("userLabels"));
  return {};
}

}  // namespace

const RuntimeApp* PodManifest::find_app(std::string_view name) const {
  const auto found = std::ranges::find(apps, name, &RuntimeApp::name);
  return found == apps.end() ? nullptr : &*found;
}

Result<PodManifest> parse_pod_manifest(std::string_view text) {
  const json::Value value = TRY(image::parse_document(text));
  const Fields fields(value);
  if (TRY(fields.text("acKind")) != "PodManifest") {
    return fields.refuse("acKind", "bad ACKind: must be PodManifest");
  }
  PodManifest out;
  out.version = TRY(fields.text("acVersion"));
  if (out.version.empty()) return fail(Code::kInvalidArgument, "acVersion must be set");
  TRY_CONTEXT(judge_version(out.version), "acVersion");
  for (const Fields& item : TRY(fields.objects("apps"))) {
    out.apps.push_back(TRY(read_runtime_app(item)));
  }
  TRY_CONTEXT(judge_names(out.apps, "apps"), "apps");
  TRY(read_shared(out, fields));
  return out;
}

json::Value to_json(const PodManifest& manifest) {
  json::Object out{{"acVersion", manifest.version}, {"acKind", "PodManifest"}};
  put_list(out, "apps", manifest.apps);
  put_list(out, "volumes", manifest.volumes);
  out.emplace_back("isolators",
                   manifest.isolators.empty() ? json::Value() : to_json(manifest.isolators));
  if (manifest.annotations.empty()) {
    out.emplace_back("annotations", nullptr);
  } else {
    put_named_values(out, "annotations", manifest.annotations);
  }
  put_list(out, "ports", manifest.ports);
  image::put_text_map(out, "userAnnotations", manifest.user_annotations);
  image::put_text_map(out, "userLabels", manifest.user_labels);
  return out;
}

}  // namespace argosy::appc
