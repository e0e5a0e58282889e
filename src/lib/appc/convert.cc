#include "lib/appc/convert.h"

#include <algorithm>
#include <map>

#include "base/format.h"
#include "base/text.h"
#include "lib/appc/names.h"

namespace argosy::appc {
namespace {

// Docker Hub has another name where it answers.
std::string registry_host(const image::Reference& reference) {
  return reference.host == image::kDefaultHost ? "registry-1.docker.io" : reference.host;
}

std::string to_json_array(const Texts& texts) {
  json::Array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return texts.empty() ? std::string() : json::to_text(out);
}

Result<std::vector<Port>> convert_ports(const Texts& exposed) {
  std::vector<Port> out;
  for (const std::string& text : exposed) {
    const auto sides = cut(text, "/");
    const std::string_view number = sides ? sides->first : std::string_view(text);
    const auto port = parse_uint(number);
    if (!port || *port < 1 || *port > 65535) {
      return fail(Code::kInvalidArgument, format("error parsing port {}", go_quote(number)));
    }
    out.push_back({.name = TRY(sanitized_name(text)),
                   .protocol = sides ? std::string(sides->second) : "tcp",
                   .port = *port});
  }
  std::ranges::sort(out, {}, &Port::name);
  return out;
}

// "volume" and the path, without empty components.
std::string volume_path(std::string_view path) {
  std::string out = "volume";
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") out += format("/{}", part);
  }
  return out;
}

Result<std::vector<MountPoint>> convert_volumes(const Texts& volumes) {
  std::vector<MountPoint> out;
  std::map<std::string, int> uses;
  for (const std::string& path : volumes) {
    std::string name = TRY(sanitized_name(volume_path(path)));
    const int before = uses[name]++;
    if (before > 0) name += format("-{}", before);
    out.push_back({.name = std::move(name), .path = path});
  }
  std::ranges::sort(out, {}, &MountPoint::name);
  return out;
}

// "u:g"; without a group the user's name is the group's, too.
std::pair<std::string, std::string> user_and_group(std::string_view text) {
  if (text.empty()) return {"0", "0"};
  const auto parts = split(text, ':');
  return {std::string(parts[0]), std::string(parts.size() > 1 ? parts[1] : parts[0])};
}

NamedValues convert_environment(const Texts& env) {
  NamedValues out;
  for (const std::string& text : env) {
    const auto sides = cut(text, "=");
    if (!sides) continue;
    const auto found = std::ranges::find(out, sides->first, &NamedValue::name);
    if (found != out.end()) {
      found->value = sides->second;
    } else {
      out.push_back({std::string(sides->first), std::string(sides->second)});
    }
  }
  return out;
}

Result<App> convert_app(const image::RunConfig& run) {
  App out;
  out.exec = run.entrypoint;
  out.exec.insert(out.exec.end(), run.cmd.begin(), run.cmd.end());
  std::tie(out.user, out.group) = user_and_group(run.user);
  out.working_directory = run.working_dir;
  out.environment = convert_environment(run.env);
  out.mount_points = TRY(convert_volumes(run.volumes));
  out.ports = TRY(convert_ports(run.exposed_ports));
  out.user_labels = run.labels;
  return out;
}

NamedValues convert_annotations(const image::Config& config, const Origin& origin) {
  NamedValues out;
  set(out, "author", config.author);
  if (!config.created.starts_with("0001-01-01") &&
      !config.created.starts_with("1970-01-01T00:00:00")) {
    set(out, "created", config.created);
  }
  set(out, "docker-comment", config.comment);
  set(out, "appc.io/docker/originalname", origin.original_name);
  set(out, "appc.io/docker/registryurl", registry_host(origin.reference));
  set(out, "appc.io/docker/repository", origin.reference.path);
  set(out, "appc.io/docker/tag", origin.reference.tag);
  set(out, "appc.io/docker/imageid", origin.top_layer.text());
  set(out, "appc.io/docker/manifesthash", origin.manifest_digest.text());
  set(out, "appc.io/docker/entrypoint", to_json_array(config.run.entrypoint));
  set(out, "appc.io/docker/cmd", to_json_array(config.run.cmd));
  return out;
}

}  // namespace

Result<ImageManifest> convert(const image::Config& config, const Origin& origin) {
  ImageManifest out;
  out.version = kSpecVersion;
  out.name = TRY(sanitized_identifier(
      format("{}/{}", registry_host(origin.reference), origin.reference.path)));
  const image::Platform& platform = config.platform;
  const OsArch names = TRY(appc_os_arch(platform.os, platform.architecture, platform.variant));
  set(out.labels, "arch", names.arch);
  set(out.labels, "os", names.os);
  set(out.labels, "version", origin.reference.version());
  out.app = TRY(convert_app(config.run));
  out.annotations = convert_annotations(config, origin);
  return parse_image_manifest(json::to_text(to_json(out)));
}

std::string archive_name(const Origin& origin, const image::Config& config) {
  std::string out = origin.reference.path;
  std::ranges::replace(out, '/', '-');
  if (!origin.reference.tag.empty()) out += "-" + origin.reference.tag;
  const image::Platform& platform = config.platform;
  if (!platform.os.empty()) out += "-" + platform.os;
  if (!platform.os.empty() && !platform.architecture.empty()) out += "-" + platform.architecture;
  return out + ".aci";
}

}  // namespace argosy::appc
