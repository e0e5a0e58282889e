// What list and status say of a pod. Private to this folder.
#pragma once

#include "lib/json/json.h"
#include "parts/rkt/pod/pod.h"

namespace argosy::rkt {

struct AppReport {
  AppStatus status;
  std::string image_name;  // with its version
  std::string image_id;
  const appc::RuntimeApp* app = nullptr;
};

struct PodReport {
  std::string uuid;
  State state = State::kEmbryo;
  appc::PodManifest manifest;
  std::vector<AppReport> apps;
  std::vector<PodNetwork> networks;  // of pods that run or ran
  std::optional<WallTime> created, started;
  std::optional<int> pid;
};

// Errors: the manifest can't be read.
Result<PodReport> report_of(const Pod& pod);
json::Value to_json(const PodReport& report);
// "default:ip4=172.16.28.2, x:ip4=10.0.0.1"
std::string networks_text(const std::vector<PodNetwork>& networks);

}  // namespace argosy::rkt
