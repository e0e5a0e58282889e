#include "lib/appc/app.h"

#include <set>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"

namespace argosy::appc {
namespace {

using image::Fields;

Result<std::vector<int64_t>> read_gids(const Fields& fields) {
  std::vector<int64_t> out;
  // The page's own example writes "supplementaryGids"; Go takes either.
  const json::Value* value = fields.find("supplementaryGIDs");
  if (value == nullptr) value = fields.find("supplementaryGids");
  if (value == nullptr) return out;
  if (value->as_array() == nullptr) return fields.refuse("supplementaryGIDs", "not an array");
  for (const json::Value& item : *value->as_array()) {
    const auto gid = item.as_int();
    if (!gid || *gid < 0 || *gid > UINT32_MAX) {
      return fields.refuse(format("supplementaryGIDs[{}]", out.size()), "not a group's number");
    }
    out.push_back(*gid);
  }
  return out;
}

Result<std::vector<EventHandler>> read_handlers(const Fields& fields) {
  std::vector<EventHandler> out;
  std::set<std::string> seen;
  for (const Fields& item : TRY(fields.objects("eventHandlers"))) {
    EventHandler handler{.name = TRY(item.text("name")), .exec = TRY(item.texts("exec"))};
    if (handler.name.empty()) {
      return item.refuse("name", R"(eventHandler "name" cannot be empty)");
    }
    if (handler.name != "pre-start" && handler.name != "post-stop") {
      return item.refuse("name", format(R"(bad eventHandler "name": {})", go_quote(handler.name)));
    }
    if (!seen.insert(handler.name).second) {
      return item.refuse(
          "name", format("Only one eventHandler of name {} allowed", go_quote(handler.name)));
    }
    out.push_back(std::move(handler));
  }
  return out;
}

Result<NamedValues> read_environment(const Fields& fields) {
  auto out =
      TRY(read_named_values(fields, "environment", "duplicate environment variable of name {}"));
  for (const NamedValue& item : out) {
    if (item.name.empty()) {
      return fields.refuse("environment", "environment variable name must not be empty");
    }
    if (!is_environment_name(item.name)) {
      return fields.refuse(
          "environment",
          format("environment variable does not have valid identifier {}", go_quote(item.name)));
    }
  }
  return out;
}

Result<MountPoint> read_mount_point(const Fields& fields) {
  MountPoint out{.name = TRY(fields.text("name")),
                 .path = TRY(fields.text("path")),
                 .is_read_only = TRY(fields.boolean("readOnly"))};
  if (out.name.empty()) return fields.refuse("name", "name must be set");
  TRY_CONTEXT(judge_name(out.name), fields.path_of("name"));
  if (out.path.empty()) return fields.refuse("path", "path must be set");
  return out;
}

json::Array to_array(const Texts& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

void put_array(json::Object& to, std::string_view name, json::Array array) {
  if (!array.empty()) to.emplace_back(name, std::move(array));
}

json::Array handlers_to_json(const App& app) {
  json::Array out;
  for (const EventHandler& handler : app.event_handlers) {
    out.emplace_back(json::Object{{"name", handler.name}, {"exec", to_array(handler.exec)}});
  }
  return out;
}

json::Array mount_points_to_json(const App& app) {
  json::Array out;
  for (const MountPoint& mount : app.mount_points) {
    json::Object item{{"name", mount.name}, {"path", mount.path}};
    if (mount.is_read_only) item.emplace_back("readOnly", true);
    out.emplace_back(std::move(item));
  }
  return out;
}

json::Array ports_to_json(const App& app) {
  json::Array out;
  for (const Port& port : app.ports) out.push_back(to_json(port));
  return out;
}

}  // namespace

json::Value to_json(const Port& port) {
  return json::Object{{"name", port.name},
                      {"protocol", port.protocol},
                      {"port", port.port},
                      {"count", port.count},
                      {"socketActivated", port.is_socket_activated}};
}

json::Value to_json(const std::vector<Isolator>& isolators) {
  json::Array out;
  for (const Isolator& item : isolators) {
    out.emplace_back(json::Object{{"name", item.name}, {"value", item.value}});
  }
  return out;
}

Result<std::vector<Isolator>> read_isolators(const Fields& fields) {
  std::vector<Isolator> out;
  for (const Fields& item : TRY(fields.objects("isolators"))) {
    Isolator isolator{.name = TRY(item.text("name")), .value = {}};
    TRY_CONTEXT(judge_identifier(isolator.name), item.path_of("name"));
    if (const json::Value* value = item.find("value")) isolator.value = *value;
    out.push_back(std::move(isolator));
  }
  return out;
}

Result<Port> read_port(const Fields& fields) {
  Port out{.name = TRY(fields.text("name")),
           .protocol = TRY(fields.text("protocol")),
           .port = TRY(fields.number("port")),
           .count = TRY(fields.number("count")),
           .is_socket_activated = TRY(fields.boolean("socketActivated"))};
  TRY_CONTEXT(judge_name(out.name), fields.path_of("name"));
  if (out.port < 1 || out.port > 65535) {
    return fields.refuse("port", "port must be in 1-65535 range");
  }
  if (out.count > 65536 - out.port) {
    return fields.refuse("count", "end of port range must be in 1-65535 range");
  }
  if (out.count == 0) out.count = 1;
  return out;
}

Result<NamedValues> read_named_values(const Fields& fields, std::string_view member,
                                      std::string_view repeated) {
  NamedValues out;
  std::set<std::string> seen;
  for (const Fields& item : TRY(fields.objects(member))) {
    NamedValue pair{.name = TRY(item.text("name")), .value = TRY(item.text("value"))};
    if (!seen.insert(pair.name).second) {
      const auto sides = cut(repeated, "{}");
      return fields.refuse(member, format("{}{}", sides->first, go_quote(pair.name)));
    }
    out.push_back(std::move(pair));
  }
  return out;
}

Result<NamedValues> read_labels(const Fields& fields) {
  auto out = TRY(read_named_values(fields, "labels", "duplicate labels of name {}"));
  for (const NamedValue& label : out) {
    TRY_CONTEXT(judge_identifier(label.name), fields.path_of("labels"));
    if (label.name == "name") return fields.refuse("labels", R"(invalid label name: "name")");
  }
  const std::string* arch = find(out, "arch");
  if (const std::string* os = find(out, "os")) {
    TRY_CONTEXT(judge_os_arch(*os, arch == nullptr ? std::string_view() : *arch),
                fields.path_of("labels"));
  }
  return out;
}

void put_named_values(json::Object& to, std::string_view member, const NamedValues& values) {
  if (values.empty()) return;
  json::Array array;
  for (const NamedValue& item : values) {
    array.emplace_back(json::Object{{"name", item.name}, {"value", item.value}});
  }
  to.emplace_back(member, std::move(array));
}

Result<App> read_app(const Fields& fields) {
  App out;
  out.exec = TRY(fields.texts("exec"));
  out.event_handlers = TRY(read_handlers(fields));
  out.user = TRY(fields.text("user"));
  out.group = TRY(fields.text("group"));
  if (out.user.empty()) return fields.refuse("user", "user is required");
  if (out.group.empty()) return fields.refuse("group", "group is required");
  out.supplementary_gids = TRY(read_gids(fields));
  out.working_directory = TRY(fields.text("workingDirectory"));
  if (!out.working_directory.empty() && !out.working_directory.starts_with('/')) {
    return fields.refuse("workingDirectory", "workingDirectory must be an absolute path");
  }
  out.environment = TRY(read_environment(fields));
  for (const Fields& item : TRY(fields.objects("mountPoints"))) {
    out.mount_points.push_back(TRY(read_mount_point(item)));
  }
  for (const Fields& item : TRY(fields.objects("ports"))) {
    out.ports.push_back(TRY(read_port(item)));
  }
  out.isolators = TRY(read_isolators(fields));
  out.user_annotations = TRY(fields.text_map("userAnnotations"));
  out.user_labels = TRY(fields.text_map("userLabels"));
  return out;
}

json::Value to_json(const App& app) {
  json::Object out{{"exec", to_array(app.exec)}};
  put_array(out, "eventHandlers", handlers_to_json(app));
  out.emplace_back("user", app.user);
  out.emplace_back("group", app.group);
  json::Array gids;
  for (const int64_t gid : app.supplementary_gids) gids.emplace_back(gid);
  put_array(out, "supplementaryGIDs", std::move(gids));
  image::put_text(out, "workingDirectory", app.working_directory);
  put_named_values(out, "environment", app.environment);
  put_array(out, "mountPoints", mount_points_to_json(app));
  put_array(out, "ports", ports_to_json(app));
  if (!app.isolators.empty()) out.emplace_back("isolators", to_json(app.isolators));
  image::put_text_map(out, "userAnnotations", app.user_annotations);
  image::put_text_map(out, "userLabels", app.user_labels);
  return out;
}

}  // namespace argosy::appc
