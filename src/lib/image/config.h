// An image's configuration (image-spec 1.1.1, config.md; Docker's is the same): how its
// programs are run, and which layers make its file system.
#pragma once

#include <string>
#include <vector>

#include "lib/image/descriptor.h"

namespace argosy::image {

struct RunConfig {
  std::string user;     // "uid|name[:gid|group]"
  Texts exposed_ports;  // "6379/tcp", sorted
  Texts env;            // "NAME=value"
  Texts entrypoint;
  Texts cmd;
  Texts volumes;  // paths, sorted
  std::string working_dir;
  TextMap labels;
  std::string stop_signal;

  bool operator==(const RunConfig&) const = default;
};

struct HistoryStep {
  std::string created;  // RFC 3339
  std::string author;
  std::string created_by;
  std::string comment;
  bool has_empty_layer = false;

  bool operator==(const HistoryStep&) const = default;
};

struct Config {
  std::string created;  // RFC 3339
  std::string author;
  Platform platform;
  RunConfig run;
  std::vector<Digest> diff_ids;  // of the unpacked layers, the base first
  std::vector<HistoryStep> history;
  std::string comment;  // Docker's

  bool operator==(const Config&) const = default;
};

// Where history is told, its steps with layers are as many as there are layers.
Result<Config> parse_config(std::string_view text);
json::Value to_json(const Config& config);

}  // namespace argosy::image
