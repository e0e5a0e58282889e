#include "parts/etcd/config/config.h"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>

#include "sys/file/disk.h"

namespace argosy::etcd::config {
namespace {

std::string error_of(const std::vector<std::string>& words, const Environment& variables = {}) {
  const auto parsed = parse(words, variables);
  return parsed ? "" : parsed.error().text();
}

TEST_CASE("without flags: the original's defaults") {
  const auto parsed = parse({}, {});
  REQUIRE(parsed.has_value());
  const Config& config = parsed->config;
  CHECK(config.member.name == "default");
  CHECK(config.member.data_dir == "default.etcd");
  CHECK(config.member.initial_cluster == "default=http://localhost:2380");
  CHECK(config.member.election_ticks == 10);
  CHECK(config.member.snapshot_count == 100000);
  CHECK(config.listen_client_urls.at(0).text == "http://localhost:2379");
  CHECK(config.keepalive_interval == hours(2));
}

TEST_CASE("flags, environment and their conflict") {
  const auto parsed = parse({"--name", "m1"}, {{"ETCD_MAX_TXN_OPS", "7"}, {"ETCD_SOMETHING", "1"}});
  REQUIRE(parsed.has_value());
  CHECK(parsed->config.member.max_txn_ops == 7);
  REQUIRE(parsed->config.warnings.size() == 1);
  CHECK(parsed->config.warnings[0] == "unrecognized environment variable ETCD_SOMETHING=1");
  CHECK(error_of({"--name", "m1"}, {{"ETCD_NAME", "m2"}}) ==
        "conflicting environment variable \"ETCD_NAME\" is shadowed by corresponding "
        "command-line flag (either unset environment variable or disable flag)");
}

TEST_CASE("bad flags say so, bad values say what is wrong") {
  struct Row {
    std::vector<std::string> words;
    std::string text;
  };
  const std::vector<Row> rows{
      {{"--nope"}, "flags: flag provided but not defined: -nope"},
      {{"word"}, "'word' is not a valid flag"},
      {{"--heartbeat-interval", "500"},
       "--election-timeout[1000ms] should be at least as 5 times as --heartbeat-interval[500ms]"},
      {{"--election-timeout", "60000"},
       "--election-timeout[60000ms] is too long, and should be set less than 50000ms"},
      {{"--initial-cluster-state", "old"},
       "flags: invalid value \"old\" for flag -initial-cluster-state: invalid value"},
      {{"--log-level", "loud"}, "unrecognized level: \"loud\""},
      {{"--listen-client-urls", "http://127.0.0.1:1"},
       "--advertise-client-urls is required when --listen-client-urls is set explicitly"},
      {{"--listen-peer-urls", "localhost"},
       "flags: invalid value \"localhost\" for flag -listen-peer-urls: "
       "URL scheme must be http, https, unix, or unixs: localhost"},
      {{"--listen-peer-urls", "http://etcd.example:2380"},
       "expected IP in URL for binding (http://etcd.example:2380)"},
      {{"--discovery", "http://x"}, "--discovery is not served by this version; leave it out"},
  };
  for (const Row& row : rows) CHECK(error_of(row.words) == row.text);
}

TEST_CASE("what the environment says wrong is named by the variable") {
  CHECK(error_of({}, {{"ETCD_SNAPSHOT_COUNT", "x"}}) ==
        "invalid value \"x\" for ETCD_SNAPSHOT_COUNT: parse error");
  CHECK(error_of({}, {{"ETCD_LISTEN_PEER_URLS", "http://a"}}) ==
        "invalid value \"http://a\" for ETCD_LISTEN_PEER_URLS: "
        "URL address does not have the form \"host:port\": http://a");
}

TEST_CASE("a file alone counts, with its blocks") {
  char path[] = "/tmp/argosy-config-test-XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  const char* text =
      "name: filed\n"
      "data-dir: /var/x\n"
      "snapshot-count: 5000\n"
      "grpc-keepalive-min-time: 2000000000\n"
      "client-transport-security:\n"
      "  cert-file: a.pem\n"
      "  client-cert-auth: true\n"
      "peer-transport-security:\n"
      "  cert-file: b.pem\n"
      "  allowed-cn: cn\n"
      "log-outputs: [stderr]\n";
  REQUIRE(replace_file(real_disk(), path, text).has_value());
  const auto parsed = parse({"--config-file", path, "--name", "flag"}, {{"ETCD_NAME", "env"}});
  REQUIRE(parsed.has_value());
  CHECK(parsed->config.member.name == "filed");
  CHECK(parsed->config.member.snapshot_count == 5000);
  CHECK(parsed->config.keepalive_min_time == seconds(2));
  CHECK(parsed->config.client_tls.cert_file == "a.pem");
  CHECK(parsed->config.client_tls.client_cert_auth);
  CHECK(parsed->config.peer_tls.allowed_cn == "cn");
  REQUIRE(replace_file(real_disk(), path, "name: [\n").has_value());
  CHECK(error_of({"--config-file", path}).find("yaml: line 2") != std::string::npos);
  CHECK(error_of({"--config-file", "/nonexistent/file"}).find("no such file") != std::string::npos);
  ::remove(path);
}

TEST_CASE("help and version") {
  CHECK(parse({"--help"}, {})->action == Parsed::Action::kPrintHelp);
  CHECK(parse({"-version"}, {})->action == Parsed::Action::kPrintVersion);
}

}  // namespace
}  // namespace argosy::etcd::config
