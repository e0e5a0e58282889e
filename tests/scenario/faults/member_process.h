// One etcd as a process that may be killed, paused and started again, with its data
// directory and its log file.
#pragma once

#include <optional>

#include "io/net/stream.h"
#include "sys/process/process.h"

namespace argosy::faults {

struct ProcessOptions {
  std::string program;    // the etcd to run
  std::string directory;  // for everything that the run writes
  uint64_t snapshot_count = 200;
  uint64_t heartbeat_ms = 20;
  uint64_t election_ms = 200;
};

struct Place {
  std::string name;
  std::string host;
  uint16_t client_port = 0;
  uint16_t peer_port = 0;
  int network = -1;  // a network namespace to run in; -1: ours

  Endpoint client() const { return {host, client_port, {}}; }
  std::string peer_url() const;
};

class MemberProcess {
 public:
  MemberProcess(const ProcessOptions& options, Place place);

  const Place& place() const { return place_; }
  const std::string& name() const { return place_.name; }
  bool is_running() const { return process_.has_value(); }
  bool is_paused() const { return paused_; }

  Result<void> start(const std::string& initial_cluster, bool is_new_cluster);
  // Waits until it is gone.
  void kill();
  void pause();
  void resume();
  // Its data; it is not running.
  Result<void> wipe();

  // A member ends by itself only when it was removed; until then an end is a finding.
  void expect_end(bool expected) { end_is_expected_ = expected; }
  // Tells once of an end that nobody asked for, with the end of the log.
  std::optional<std::string> unexpected_end();
  bool has_ended();

  std::string log_path() const;
  std::string data_dir() const;

 private:
  std::vector<std::string> arguments(const std::string& initial_cluster, bool is_new_cluster) const;
  std::string last_log_lines() const;

  const ProcessOptions& options_;
  Place place_;
  std::optional<Process> process_;
  bool paused_ = false;
  bool end_is_expected_ = false;
};

}  // namespace argosy::faults
