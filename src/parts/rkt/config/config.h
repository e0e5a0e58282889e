// rkt's configuration: JSON files, one kind and one version each, in sub-directories of up to three
// directories, later ones overriding earlier ones key by key (rkt: Documentation/configuration.md).
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "lib/json/json.h"
#include "sys/file/disk.h"

namespace argosy::rkt {

struct Credentials {
  std::string type;  // "basic", "oauth" or "aws"
  std::string user, password;
  std::string token;
  std::string access_key_id, secret_access_key, aws_region;
  bool operator==(const Credentials&) const = default;
};

struct Config {
  std::map<std::string, Credentials> auth;         // by host
  std::map<std::string, Credentials> docker_auth;  // by registry; basic
  std::string data_directory;                      // empty: not said; else absolute
  std::string stage1_images;
  std::string stage1_name, stage1_version, stage1_location;
  bool operator==(const Config&) const = default;

  // The members of "stage0" that `rkt config` prints.
  json::Value to_json() const;
};

// Adds what one file of a sub-directory ("auth.d") says. InvalidArgument: it is not what belongs
// there, or says again what another file there has said.
Result<void> add_file(Config& config, std::string_view subdirectory, std::string_view text);
// What `over` says counts.
void override(Config& config, const Config& over);

// Directories that are missing say nothing. Errors name the file.
Result<Config> load_config(Disk& disk, const std::vector<std::string>& directories);

}  // namespace argosy::rkt
