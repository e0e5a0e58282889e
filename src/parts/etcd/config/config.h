// A server's configuration from flags, environment and file, in the original's words
// (3.4.23): names, defaults, precedence and errors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "lib/cli/flag_set.h"
#include "parts/etcd/member/options.h"
#include "parts/etcd/membership/member.h"
#include "parts/etcd/peer/url.h"

namespace argosy::etcd::config {

struct TlsFiles {
  std::string cert_file;
  std::string key_file;
  std::string trusted_ca_file;
  std::string crl_file;
  bool client_cert_auth = false;
  std::string allowed_cn;
  std::string allowed_hostname;
};

struct Config {
  member::Options member;
  std::vector<peer::Url> listen_client_urls;
  std::vector<peer::Url> listen_peer_urls;
  std::vector<peer::Url> listen_metrics_urls;
  TlsFiles client_tls;
  TlsFiles peer_tls;
  std::vector<std::string> cipher_suites;
  uint64_t max_concurrent_streams = 0;
  Duration keepalive_min_time{};
  Duration keepalive_interval{};
  Duration keepalive_timeout{};
  std::string log_level;
  std::vector<std::string> log_outputs;
  bool extensive_metrics = false;
  std::vector<std::string> cors;
  std::vector<std::string> warnings;  // to be logged once logging has begun
};

// What the words on the command line ask for.
struct Parsed {
  enum class Action { kRun, kPrintVersion, kPrintHelp };
  Action action = Action::kRun;
  Config config;
  std::string help;
};

using Environment = std::map<std::string, std::string>;

// Bad flags: InvalidArgument whose context is "flags" (the program exits with 2);
// bad values: InvalidArgument (exit 1).
Result<Parsed> parse(const std::vector<std::string>& arguments, const Environment& environment);

}  // namespace argosy::etcd::config
