// The image manifest of appc (appc/spec: aci.md, schema/image.go). What is read has been
// judged by appc's rules; errors name the place and end with the reference code's text.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/image/fields.h"
#include "lib/json/json.h"

namespace argosy::appc {

inline constexpr std::string_view kSpecVersion = "0.8.11";

using image::TextMap;
using image::Texts;

// Labels, annotations and variables of the environment: names in order, each once.
struct NamedValue {
  std::string name;
  std::string value;
  bool operator==(const NamedValue&) const = default;
};
using NamedValues = std::vector<NamedValue>;
// Null when there is none of that name.
const std::string* find(const NamedValues& in, std::string_view name);
// Replaces the value of that name, or adds one; an empty value changes nothing.
void set(NamedValues& in, std::string_view name, std::string_view value);

struct EventHandler {
  std::string name;  // "pre-start" or "post-stop"
  Texts exec;
  bool operator==(const EventHandler&) const = default;
};
struct MountPoint {
  std::string name;
  std::string path;
  bool is_read_only = false;
  bool operator==(const MountPoint&) const = default;
};
struct Port {
  std::string name;
  std::string protocol;
  uint64_t port = 0;  // 1 to 65535
  uint64_t count = 1;
  bool is_socket_activated = false;
  bool operator==(const Port&) const = default;
};
// What it means is for who runs the app to say.
struct Isolator {
  std::string name;
  json::Value value;
  bool operator==(const Isolator&) const = default;
};

struct App {
  Texts exec;
  std::string user;
  std::string group;
  std::vector<int64_t> supplementary_gids;
  std::vector<EventHandler> event_handlers;
  std::string working_directory;
  NamedValues environment;
  std::vector<MountPoint> mount_points;
  std::vector<Port> ports;
  std::vector<Isolator> isolators;
  TextMap user_annotations;
  TextMap user_labels;
  bool operator==(const App&) const = default;
};

struct Dependency {
  std::string image_name;
  std::string image_id;  // "sha512-..."; empty: any
  NamedValues labels;
  uint64_t size = 0;  // of the archive; 0: any
  bool operator==(const Dependency&) const = default;
};

struct ImageManifest {
  std::string version;  // of the specification
  std::string name;
  NamedValues labels;
  std::optional<App> app;
  NamedValues annotations;
  std::vector<Dependency> dependencies;
  Texts path_whitelist;
  bool operator==(const ImageManifest&) const = default;
};

Result<ImageManifest> parse_image_manifest(std::string_view text);
// Members and their order are those of the reference code.
json::Value to_json(const ImageManifest& manifest);

// For who has apps in other documents.
Result<App> read_app(const image::Fields& fields);
Result<std::vector<Isolator>> read_isolators(const image::Fields& fields);
json::Value to_json(const App& app);

}  // namespace argosy::appc
