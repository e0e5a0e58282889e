#include "parts/rkt/config/config.h"

#include <array>

#include "base/format.h"
#include "base/text.h"
#include "lib/image/fields.h"

namespace argosy::rkt {
namespace {

using image::Fields;

constexpr std::array<std::string_view, 3> kSubdirectories{"auth.d", "paths.d", "stage1.d"};

std::unexpected<Error> refuse(std::string why) {
  return fail(Code::kInvalidArgument, std::move(why));
}

Result<Fields> credentials_of(const Fields& fields) {
  const auto credentials = TRY(fields.object("credentials"));
  if (!credentials) return refuse("no credentials specified");
  return *credentials;
}

Result<Credentials> read_basic(const Fields& fields) {
  Credentials out{
      .type = "basic", .user = TRY(fields.text("user")), .password = TRY(fields.text("password"))};
  if (out.user.empty()) return refuse("user not specified");
  if (out.password.empty()) return refuse("password not specified");
  return out;
}

Result<Credentials> read_credentials(std::string_view type, const Fields& fields) {
  if (type == "basic") return read_basic(fields);
  if (type == "oauth") {
    Credentials out{.type = "oauth", .token = TRY(fields.text("token"))};
    if (out.token.empty()) return refuse("no oauth bearer token specified");
    return out;
  }
  if (type != "aws") return refuse(format("unknown auth type: {}", go_quote(type)));
  Credentials out{.type = "aws",
                  .access_key_id = TRY(fields.text("accessKeyID")),
                  .secret_access_key = TRY(fields.text("secretAccessKey")),
                  .aws_region = TRY(fields.text("awsRegion"))};
  if (out.access_key_id.empty()) return refuse("no aws access key ID specified");
  if (out.secret_access_key.empty()) return refuse("no aws secret access key specified");
  return out;
}

Result<void> add_all(std::map<std::string, Credentials>& to, const std::vector<std::string>& names,
                     const Credentials& credentials, std::string_view what) {
  if (names.empty()) return refuse(format("no {} specified", what));
  for (const std::string& name : names) {
    if (!to.emplace(name, credentials).second) {
      return refuse(format("auth for {} {} is already specified", what, go_quote(name)));
    }
  }
  return {};
}

Result<void> add_auth(Config& config, const Fields& fields) {
  const std::string type = TRY(fields.text("type"));
  const std::vector<std::string> names = TRY(fields.texts("domains"));
  const Fields credentials = TRY(credentials_of(fields));
  return add_all(config.auth, names, TRY(read_credentials(type, credentials)), "domain");
}

Result<void> add_docker_auth(Config& config, const Fields& fields) {
  const std::vector<std::string> names = TRY(fields.texts("registries"));
  const Fields credentials = TRY(credentials_of(fields));
  return add_all(config.docker_auth, names, TRY(read_basic(credentials)), "registry");
}

Result<void> set_once(std::string& to, std::string value, std::string_view what) {
  if (value.empty()) return {};
  if (!to.empty()) return refuse(format("{} is already specified", what));
  to = std::move(value);
  return {};
}

Result<void> add_paths(Config& config, const Fields& fields) {
  for (const auto& [name, to] : {std::pair("data", &config.data_directory),
                                 std::pair("stage1-images", &config.stage1_images)}) {
    std::string path = TRY(fields.text(name));
    if (!path.empty() && !path.starts_with('/')) {
      return refuse(format("{} path must be absolute: {}", name, go_quote(path)));
    }
    TRY(set_once(*to, std::move(path), format("{} path", name)));
  }
  return {};
}

bool is_location(std::string_view text) {
  for (const std::string_view start : {"/", "file://", "docker://", "http://", "https://"}) {
    if (text.starts_with(start)) return true;
  }
  return false;
}

Result<void> add_stage1(Config& config, const Fields& fields) {
  std::string name = TRY(fields.text("name"));
  std::string version = TRY(fields.text("version"));
  std::string location = TRY(fields.text("location"));
  if (name.empty() != version.empty()) return refuse("name and version must be specified together");
  if (!location.empty() && !is_location(location)) {
    return refuse(format("default stage1 location is invalid: {}", go_quote(location)));
  }
  TRY(set_once(config.stage1_name, std::move(name), "name of a default stage1 image"));
  TRY(set_once(config.stage1_version, std::move(version), "version of a default stage1 image"));
  return set_once(config.stage1_location, std::move(location),
                  "location of a default stage1 image");
}

void replace(std::string& value, const std::string& over) {
  if (!over.empty()) value = over;
}

json::Object entry(std::string_view kind) {
  return {{"rktVersion", "v1"}, {"rktKind", kind}};
}

json::Value to_json(const Credentials& credentials) {
  json::Object out;
  for (const auto& [name, value] :
       {std::pair("user", &credentials.user), std::pair("password", &credentials.password),
        std::pair("token", &credentials.token),
        std::pair("accessKeyID", &credentials.access_key_id),
        std::pair("secretAccessKey", &credentials.secret_access_key),
        std::pair("awsRegion", &credentials.aws_region)}) {
    image::put_text(out, name, *value);
  }
  return out;
}

Result<Config> load_subdirectory(Disk& disk, const std::string& path, std::string_view name) {
  Config out;
  if (!exists(disk, path)) return out;
  for (const std::string& file : TRY(disk.list(path))) {
    const std::string whole = join_path(path, file);
    const auto info = TRY(disk.stat(whole));
    const bool is_regular = (info.mode & 0170000) == 0100000;
    if (!is_regular || !file.ends_with(".json")) continue;
    const Bytes text = TRY(read_file(disk, whole, image::kMaxDocumentBytes));
    TRY_CONTEXT(add_file(out, name, text), whole);
  }
  return out;
}

}  // namespace

Result<void> add_file(Config& config, std::string_view subdirectory, std::string_view text) {
  const json::Value value = TRY(image::parse_document(text));
  const Fields fields(value);
  const std::string kind = TRY(fields.text("rktKind"));
  const std::string version = TRY(fields.text("rktVersion"));
  if (kind.empty()) return refuse("no rktKind specified");
  if (version.empty()) return refuse("no rktVersion specified");
  const bool belongs = ((kind == "auth" || kind == "dockerAuth") && subdirectory == "auth.d") ||
                       (kind == "paths" && subdirectory == "paths.d") ||
                       (kind == "stage1" && subdirectory == "stage1.d");
  if (!belongs) {
    return refuse(format("the configuration file has kind {}, which does not belong in {}",
                         go_quote(kind), subdirectory));
  }
  if (version != "v1") {
    return refuse(
        format("no parser for kind {} and version {}", go_quote(kind), go_quote(version)));
  }
  if (kind == "auth") return add_auth(config, fields);
  if (kind == "dockerAuth") return add_docker_auth(config, fields);
  return kind == "paths" ? add_paths(config, fields) : add_stage1(config, fields);
}

void override(Config& config, const Config& over) {
  for (const auto& [host, credentials] : over.auth) config.auth[host] = credentials;
  for (const auto& [registry, credentials] : over.docker_auth) {
    config.docker_auth[registry] = credentials;
  }
  replace(config.data_directory, over.data_directory);
  replace(config.stage1_images, over.stage1_images);
  replace(config.stage1_name, over.stage1_name);
  replace(config.stage1_version, over.stage1_version);
  replace(config.stage1_location, over.stage1_location);
}

Result<Config> load_config(Disk& disk, const std::vector<std::string>& directories) {
  Config out;
  for (const std::string& directory : directories) {
    for (const std::string_view name : kSubdirectories) {
      override(out, TRY(load_subdirectory(disk, join_path(directory, name), name)));
    }
  }
  return out;
}

json::Value Config::to_json() const {
  json::Array out;
  for (const auto& [host, credentials] : auth) {
    json::Object item = entry("auth");
    item.emplace_back("domains", json::Array{host});
    item.emplace_back("type", credentials.type);
    item.emplace_back("credentials", rkt::to_json(credentials));
    out.emplace_back(std::move(item));
  }
  for (const auto& [registry, credentials] : docker_auth) {
    json::Object item = entry("dockerAuth");
    item.emplace_back("registries", json::Array{registry});
    item.emplace_back("credentials", rkt::to_json(credentials));
    out.emplace_back(std::move(item));
  }
  json::Object paths = entry("paths");
  image::put_text(paths, "data", data_directory);
  image::put_text(paths, "stage1-images", stage1_images);
  out.emplace_back(std::move(paths));
  json::Object stage1 = entry("stage1");
  image::put_text(stage1, "name", stage1_name);
  image::put_text(stage1, "version", stage1_version);
  image::put_text(stage1, "location", stage1_location);
  out.emplace_back(std::move(stage1));
  return out;
}

}  // namespace argosy::rkt
