#include "parts/rkt/ctl/pod_report.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::rkt {
namespace {

int64_t seconds_of(WallTime time) {
  return std::chrono::floor<seconds>(time.time_since_epoch()).count();
}

void put_time(json::Object& to, std::string_view name, const std::optional<WallTime>& time) {
  if (time) to.emplace_back(name, time->time_since_epoch().count());
}

json::Value maps_to_json(const appc::TextMap& map) {
  json::Object out;
  for (const auto& [name, value] : map) out.emplace_back(name, value);
  return out;
}

// A mount's host side is known where the pod's volume is the host's.
json::Value mounts_of(const appc::RuntimeApp& app, const appc::PodManifest& manifest) {
  json::Array out;
  for (const appc::Mount& mount : app.mounts) {
    json::Object item{{"name", mount.volume}, {"container_path", mount.path}};
    for (const appc::Volume& volume : manifest.volumes) {
      if (volume.name != mount.volume) continue;
      item.emplace_back("host_path", volume.source);
      item.emplace_back("read_only", volume.read_only.value_or(false));
    }
    out.emplace_back(std::move(item));
  }
  return out;
}

json::Value to_json(const AppReport& report, const appc::PodManifest& manifest) {
  json::Object out{{"name", report.status.name}, {"state", report.status.state}};
  put_time(out, "created_at", report.status.created);
  put_time(out, "started_at", report.status.started);
  put_time(out, "finished_at", report.status.finished);
  if (report.status.exit_code) {
    out.emplace_back("exit_code", static_cast<int64_t>(*report.status.exit_code));
  }
  out.emplace_back("image_id", report.image_id);
  if (!report.app->mounts.empty()) out.emplace_back("mounts", mounts_of(*report.app, manifest));
  if (!report.app->app) return out;
  if (!report.app->app->user_annotations.empty()) {
    out.emplace_back("user_annotations", maps_to_json(report.app->app->user_annotations));
  }
  if (!report.app->app->user_labels.empty()) {
    out.emplace_back("user_labels", maps_to_json(report.app->app->user_labels));
  }
  return out;
}

std::string name_of(const Pod& pod, const appc::RuntimeApp& app) {
  appc::NamedValues labels = app.image.labels;
  std::string name = app.image.name;
  // The pod keeps the image's manifest.
  if (const auto text = pod.read(format("appsinfo/{}/manifest", app.name))) {
    if (const auto manifest = appc::parse_image_manifest(*text)) {
      name = manifest->name;
      labels = manifest->labels;
    }
  }
  if (name.empty()) return "--";
  const std::string* version = appc::find(labels, "version");
  return version == nullptr ? name : name + ":" + *version;
}

}  // namespace

Result<PodReport> report_of(const Pod& pod) {
  PodReport out{.uuid = pod.uuid(), .state = pod.state(), .manifest = TRY(pod.manifest())};
  for (const appc::RuntimeApp& app : out.manifest.apps) {
    out.apps.push_back({.status = pod.app_status(app.name),
                        .image_name = name_of(pod, app),
                        .image_id = app.image.id,
                        .app = &app});
  }
  const bool has_run = out.state == State::kRunning || has_exited(out.state);
  if (has_run) out.networks = pod.networks();
  out.created = pod.created();
  out.started = pod.started();
  out.pid = pod.pid();
  return out;
}

std::string networks_text(const std::vector<PodNetwork>& networks) {
  std::vector<std::string> parts;
  for (const PodNetwork& network : networks) {
    parts.push_back(format("{}:ip4={}", network.name, network.ip4));
  }
  return join(parts, ", ");
}

json::Value to_json(const PodReport& report) {
  json::Object out{{"name", report.uuid}, {"state", name_of(report.state)}};
  json::Array networks;
  for (const PodNetwork& network : report.networks) {
    networks.emplace_back(json::Object{{"netName", network.name}, {"ip", network.ip4}});
  }
  if (!networks.empty()) out.emplace_back("networks", std::move(networks));
  json::Array names;
  json::Array apps;
  for (const AppReport& app : report.apps) {
    names.emplace_back(app.status.name);
    apps.push_back(to_json(app, report.manifest));
  }
  if (!names.empty()) out.emplace_back("app_names", std::move(names));
  if (!apps.empty()) out.emplace_back("apps", std::move(apps));
  if (report.created) out.emplace_back("created_at", seconds_of(*report.created));
  if (report.started) out.emplace_back("started_at", seconds_of(*report.started));
  if (!report.manifest.user_annotations.empty()) {
    out.emplace_back("user_annotations", maps_to_json(report.manifest.user_annotations));
  }
  if (!report.manifest.user_labels.empty()) {
    out.emplace_back("user_labels", maps_to_json(report.manifest.user_labels));
  }
  return out;
}

}  // namespace argosy::rkt
