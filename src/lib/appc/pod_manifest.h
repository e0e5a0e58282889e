// The pod manifest of appc (appc/spec: pods.md, schema/pod.go): the apps of a pod and what they
// share. What is read has been judged by appc's rules; errors name the place and end with the
// reference code's text.
#pragma once

#include "lib/appc/manifest.h"

namespace argosy::appc {

struct Volume {
  std::string name;
  bool is_host = false;  // else it begins empty
  // Of the host's: an absolute path.
  std::string source;
  std::optional<bool> read_only;
  std::optional<bool> recursive;
  // Of an empty one; absent: 0755, 0, 0.
  std::optional<std::string> mode;
  std::optional<int64_t> uid, gid;
  bool operator==(const Volume&) const = default;
};

struct Mount {
  std::string volume;
  std::string path;
  std::optional<Volume> app_volume;  // instead of the pod's volume of that name
  bool operator==(const Mount&) const = default;
};

struct RuntimeImage {
  std::string name;  // empty: not said
  std::string id;    // "sha512-..."
  NamedValues labels;
  bool operator==(const RuntimeImage&) const = default;
};

struct RuntimeApp {
  std::string name;
  RuntimeImage image;
  std::optional<App> app;  // instead of the image's, wholly
  bool has_read_only_root = false;
  std::vector<Mount> mounts;
  NamedValues annotations;
  bool operator==(const RuntimeApp&) const = default;
};

struct ExposedPort {
  std::string name;
  uint64_t host_port = 0;
  std::string host_ip;           // empty: all
  std::optional<Port> pod_port;  // of pods that get their apps later
  bool operator==(const ExposedPort&) const = default;
};

struct PodManifest {
  std::string version;
  std::vector<RuntimeApp> apps;
  std::vector<Volume> volumes;
  std::vector<Isolator> isolators;
  NamedValues annotations;
  std::vector<ExposedPort> ports;
  TextMap user_annotations;
  TextMap user_labels;
  bool operator==(const PodManifest&) const = default;

  // Null when there is none of that name.
  const RuntimeApp* find_app(std::string_view name) const;
};

Result<PodManifest> parse_pod_manifest(std::string_view text);
// Members and their order are those of the reference code; lists that are empty are null.
json::Value to_json(const PodManifest& manifest);

// A volume as the command line has it: "NAME,kind=host,source=/srv,readOnly=true" (in the
// query's escapes).
Result<Volume> parse_volume(std::string_view text);

}  // namespace argosy::appc
