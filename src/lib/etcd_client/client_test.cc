// The v3 client against real etcd.
#include "lib/etcd_client/client.h"

#include <map>

#include "io/tls/test_certificates.h"
#include "lib/etcd_client/endpoint.h"
#include "lib/etcd_client/etcd_process_test.h"

namespace argosy::etcd_client {
namespace {

ClientOptions options_for(const EtcdCluster& cluster) {
  ClientOptions options;
  options.endpoints = cluster.urls();
  return options;
}

TEST_CASE("URLs") {
  CHECK_EQ(parse_url("http://10.0.0.1:2379")->endpoint.text(), "10.0.0.1:2379");
  CHECK_EQ(parse_url("https://etcd.example/base/")->endpoint.text(), "etcd.example:443");
  CHECK_EQ(parse_url("https://etcd.example/base/")->path, "/base");
  CHECK(parse_url("https://etcd.example")->is_secure);
  CHECK_EQ(parse_url("http://[::1]")->endpoint.text(), "[::1]:80");
  CHECK_EQ(parse_url("10.0.0.1:2379")->endpoint.port, 2379);
  CHECK_EQ(parse_url("unix:///run/etcd.sock")->endpoint.unix_path, "/run/etcd.sock");
  for (const char* bad : {"ftp://a:1", "http://", "http://:2379", "http://a:b", "unix://"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_url(bad));
  }
}

TEST_CASE("the end of a prefix") {
  CHECK_EQ(prefix_end("a/"), "a0");
  CHECK_EQ(prefix_end("a\xFF"), "b");
  CHECK_EQ(prefix_end("\xFF\xFF"), std::string(1, '\0'));
  CHECK_EQ(prefix_end(""), std::string(1, '\0'));
}

Task<void> keys_and_values(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  CHECK_FALSE(co_await client->get_key("a"));
  const Revision first = co_await client->put("a", "1");
  const Revision second = co_await client->put("a", std::string("\0two", 4));
  CHECK_EQ(second.value(), first.value() + 1);
  const auto kv = co_await client->get_key("a");
  REQUIRE(kv);
  CHECK_EQ(kv->value, std::string("\0two", 4));
  CHECK_EQ(kv->version, 2);
  CHECK(kv->created == first);
  CHECK(kv->modified == second);
  const auto then = co_await client->get({.key = "a", .end = {}, .revision = first});
  REQUIRE_EQ(then.kvs.size(), 1);
  CHECK_EQ(then.kvs[0].value, "1");

  for (const char* key : {"p/1", "p/2", "p/3", "q"}) co_await client->put(key, key);
  const auto range = co_await client->get({.key = "p/", .end = prefix_end("p/"), .limit = 2});
  CHECK_EQ(range.kvs.size(), 2);
  CHECK(range.more);
  CHECK_EQ(range.count, 3);
  const auto names =
      co_await client->get({.key = "p/", .end = prefix_end("p/"), .keys_only = true});
  CHECK_EQ(names.kvs.at(2).key, "p/3");
  CHECK_EQ(names.kvs.at(2).value, "");
  CHECK_EQ(co_await client->remove("p/", prefix_end("p/")), 3);
  CHECK_EQ(co_await client->remove("p/1"), 0);

  const auto future =
      co_await result(client->get({.key = "a", .end = {}, .revision = Revision(1 << 30)}));
  REQUIRE_FALSE(future);
  CHECK_EQ(future.error().code(), Code::kOutOfRange);
  CHECK_EQ(future.error().message(), "etcdserver: mvcc: required revision is a future revision");
  const auto empty = co_await result(client->put("", "x"));
  REQUIRE_FALSE(empty);
  CHECK_EQ(empty.error().text(), "etcdserver: key is not provided");
}

Task<void> transactions(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  Txn create;
  create.compares = {Compare::version("t", 0)};
  create.success = {Operation::put("t", "1"), Operation::put("t2", "2")};
  create.failure = {Operation::get("t")};
  const auto created = co_await client->txn(create);
  CHECK(created.succeeded);
  const auto again = co_await client->txn(create);
  CHECK_FALSE(again.succeeded);
  REQUIRE_EQ(again.found.size(), 1);
  REQUIRE_EQ(again.found[0].size(), 1);
  CHECK_EQ(again.found[0][0].value, "1");

  Txn swap;
  swap.compares = {Compare::modified("t", created.revision),
                   {.key = "t2", .target = Compare::Target::kValue, .value = "2"},
                   {.key = "t",
                    .target = Compare::Target::kCreated,
                    .is = Compare::Is::kGreater,
                    .number = 0,
                    .value = {}}};
  swap.success = {Operation::remove("t2"), Operation::put("t", "3")};
  CHECK((co_await client->txn(swap)).succeeded);
  CHECK_FALSE((co_await client->txn(swap)).succeeded);
  CHECK_FALSE(co_await client->get_key("t2"));
}

Task<void> leases(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  const Lease lease = co_await client->grant_lease(seconds(30));
  CHECK_EQ(lease.time_to_live, seconds(30));
  co_await client->put("leased", "x", lease.id);
  CHECK((co_await client->get_key("leased"))->lease == lease.id);
  CHECK_EQ(co_await client->keep_alive_once(lease.id), seconds(30));
  co_await client->revoke_lease(lease.id);
  CHECK_FALSE(co_await client->get_key("leased"));
  const auto gone = co_await result(client->keep_alive_once(lease.id));
  REQUIRE_FALSE(gone);
  CHECK_EQ(gone.error().code(), Code::kNotFound);
  const auto bound = co_await result(client->put("leased", "x", lease.id));
  REQUIRE_FALSE(bound);
  CHECK_EQ(bound.error().message(), "etcdserver: requested lease not found");
}

Task<void> watching(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  const auto watch = client->watch({.key = "w/", .end = prefix_end("w/"), .with_previous = true});
  co_await watch->started();
  const Revision first = co_await client->put("w/1", "a");
  co_await client->put("other", "x");
  co_await client->put("w/1", "b");
  co_await client->remove("w/1");
  std::vector<Event> events;
  while (events.size() < 3) {
    for (Event& event : co_await watch->next()) events.push_back(std::move(event));
  }
  CHECK(events[0].kv.modified == first);
  CHECK_EQ(events[1].kv.value, "b");
  REQUIRE(events[1].previous);
  CHECK_EQ(events[1].previous->value, "a");
  CHECK(events[2].is_delete);
  CHECK_EQ(events[2].kv.key, "w/1");
  // History, from a revision on.
  const auto back = client->watch({.key = "w/1", .end = {}, .from = first});
  size_t seen = 0;
  while (seen < 3) seen += (co_await back->next()).size();
  CHECK_EQ(seen, 3);
}

TEST_CASE("calls, leases and watches") {
  for (const std::string& program : etcd_programs()) {
    CAPTURE(program);
    const EtcdCluster cluster(1, {}, program);
    run_story([&](UvLoop& loop) { return keys_and_values(loop, options_for(cluster)); });
    run_story([&](UvLoop& loop) { return transactions(loop, options_for(cluster)); });
    run_story([&](UvLoop& loop) { return leases(loop, options_for(cluster)); });
    run_story([&](UvLoop& loop) { return watching(loop, options_for(cluster)); });
  }
}

// Puts that may have been lost are repeated. What was lost may still happen, even after
// later puts.
Task<Revision> put_surely(UvLoop& loop, Client* client, std::string key, std::string value) {
  for (int i = 0; i < 200; ++i) {
    const auto put = co_await result(client->put(key, value));
    if (put) co_return *put;
    co_await sleep_for(loop, milliseconds(50));
  }
  co_return fail(Code::kUnavailable, "a put that never succeeded");
}

using History = std::map<Revision, std::string>;

Task<void> write_some(UvLoop& loop, Client* client, History* written) {
  for (int i = 0; i < 20; ++i) {
    const std::string value = std::to_string(written->size());
    written->emplace(co_await put_surely(loop, client, "n", value), value);
  }
}

Task<void> members_come_and_go(UvLoop& loop, EtcdCluster* cluster) {
  ClientOptions options = options_for(*cluster);
  options.request_timeout = seconds(3);
  const auto client = co_await ready_client(loop, options);
  const auto watch = client->watch({.key = "n", .end = {}});
  co_await watch->started();
  History written;
  History seen;
  int64_t version = 0;
  for (size_t round = 0; round < 4; ++round) {
    co_await write_some(loop, client.get(), &written);
    const size_t victim = round % 3;
    cluster->kill(victim);
    co_await write_some(loop, client.get(), &written);
    cluster->start(victim);
    while (seen.empty() || seen.rbegin()->first < written.rbegin()->first) {
      for (const Event& event : co_await watch->next()) {
        // Each change of the key counts its version up: none is missing, none comes twice.
        REQUIRE_EQ(event.kv.version, ++version);
        seen.emplace(event.kv.modified, event.kv.value);
      }
    }
  }
  for (const auto& [revision, value] : written) {
    REQUIRE(seen.contains(revision));
    CHECK_EQ(seen[revision], value);
  }
}

TEST_CASE("a watch sees each change once while members are killed and started") {
  for (const std::string& program : etcd_programs()) {
    CAPTURE(program);
    EtcdCluster cluster(3, {}, program);
    run_story([&](UvLoop& loop) { return members_come_and_go(loop, &cluster); }, seconds(120));
  }
}

Task<void> compacted(UvLoop& loop, ClientOptions options, std::string url) {
  const auto client = co_await ready_client(loop, std::move(options));
  const Revision first = co_await client->put("c", "1");
  for (int i = 0; i < 5; ++i) co_await client->put("c", "2");
  const Revision last = co_await client->put("c", "3");
  const std::string command =
      format("ETCDCTL_API=3 etcdctl --endpoints={} compact {} >/dev/null", url, last.value());
  REQUIRE_EQ(std::system(command.c_str()), 0);
  const auto watch = client->watch({.key = "c", .end = {}, .from = first});
  const auto gone = co_await result(watch->next());
  REQUIRE_FALSE(gone);
  CHECK_EQ(gone.error().code(), Code::kOutOfRange);
  CHECK_EQ(gone.error().message(), "etcdserver: mvcc: required revision has been compacted");
}

TEST_CASE("a watch of what is gone") {
  const EtcdCluster cluster(1);
  run_story([&](UvLoop& loop) { return compacted(loop, options_for(cluster), cluster.url(0)); });
}

Task<void> with_a_dead_endpoint(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  for (int i = 0; i < 6; ++i) co_await client->put("k", std::to_string(i));
  CHECK_EQ((co_await client->get_key("k"))->value, "5");
}

Task<void> all_dead(UvLoop& loop, ClientOptions options) {
  const auto client =
      co_await Client::make(loop, loop.network(), real_random(), std::move(options));
  const auto refused = co_await result(client->put("k", "v"));
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code(), Code::kUnavailable);
  CHECK(refused.error().message().find("connection refused") != std::string::npos);
}

TEST_CASE("endpoints that nobody listens on") {
  const EtcdCluster cluster(1);
  ClientOptions options = options_for(cluster);
  const std::string dead = format("http://127.0.0.1:{}", free_port());
  options.endpoints.insert(options.endpoints.begin(), dead);
  run_story([&](UvLoop& loop) { return with_a_dead_endpoint(loop, options); });
  options.endpoints = {dead, dead};
  run_story([&](UvLoop& loop) { return all_dead(loop, options); });
}

Task<void> stopped_member(UvLoop& loop, ClientOptions options) {
  options.request_timeout = milliseconds(400);
  const auto client =
      co_await Client::make(loop, loop.network(), real_random(), std::move(options));
  const auto late = co_await result(client->put("k", "v"));
  REQUIRE_FALSE(late);
  CHECK_EQ(late.error().code(), Code::kDeadlineExceeded);
}

TEST_CASE("a member that listens and never answers") {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  REQUIRE_EQ(::listen(socket.get(), 8), 0);
  REQUIRE_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  ClientOptions options;
  options.endpoints = {format("http://127.0.0.1:{}", ntohs(address.sin_port))};
  run_story([&](UvLoop& loop) { return stopped_member(loop, options); });
}

void etcdctl(const std::string& words) {
  CAPTURE(words);
  REQUIRE_EQ(std::system(format("ETCDCTL_API=3 etcdctl {} >/dev/null 2>&1", words).c_str()), 0);
}

Task<void> one_put(UvLoop& loop, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  co_await client->put("k", "v");
}

Task<void> refused_login(UvLoop& loop, ClientOptions options) {
  const auto client =
      co_await Client::make(loop, loop.network(), real_random(), std::move(options));
  const auto refused = co_await result(client->put("k", "v"));
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code(), Code::kInvalidArgument);
  CHECK_EQ(refused.error().message(),
           "etcdserver: authentication failed, invalid user ID or password");
}

Task<void> tokens_are_renewed(UvLoop& loop, EtcdCluster* cluster, ClientOptions options) {
  const auto client = co_await ready_client(loop, std::move(options));
  co_await client->put("k", "1");
  // Tokens live in a member's memory.
  cluster->kill(0);
  cluster->start(0);
  co_await put_surely(loop, client.get(), "k", "2");
  CHECK_EQ((co_await client->get_key("k"))->value, "2");
}

TEST_CASE("users and passwords") {
  EtcdCluster cluster(1);
  ClientOptions options = options_for(cluster);
  // A server without authentication is used without.
  options.username = "root";
  options.password = "secret";
  run_story([&](UvLoop& loop) { return one_put(loop, options); });
  const std::string to = format("--endpoints={} ", cluster.url(0));
  etcdctl(to + "user add root:secret");
  etcdctl(to + "user grant-role root root");
  etcdctl(to + "auth enable");
  run_story([&](UvLoop& loop) { return one_put(loop, options); });
  run_story([&](UvLoop& loop) { return tokens_are_renewed(loop, &cluster, options); });
  options.password = "wrong";
  run_story([&](UvLoop& loop) { return refused_login(loop, options); });
}

Task<void> distrusted(UvLoop& loop, ClientOptions options) {
  const auto client =
      co_await Client::make(loop, loop.network(), real_random(), std::move(options));
  const auto refused = co_await result(client->put("k", "v"));
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code(), Code::kUnavailable);
}

TEST_CASE("TLS with an authority alone, and with a client certificate") {
  TestCertificates certificates;
  certificates.make("server", "IP:127.0.0.1");
  certificates.make("client", "DNS:client");
  certificates.make_authority("stranger");
  std::vector<std::string> flags{"--cert-file", certificates.certificate("server"), "--key-file",
                                 certificates.key("server")};
  ClientOptions options;
  options.ca_file = certificates.certificate("ca");
  {
    const EtcdCluster cluster(1, flags, kDebianEtcd, true);
    options.endpoints = cluster.urls();
    run_story([&](UvLoop& loop) { return one_put(loop, options); });
    ClientOptions other = options;
    other.ca_file = certificates.certificate("stranger");
    run_story([&](UvLoop& loop) { return distrusted(loop, other); });
  }
  flags.insert(flags.end(),
               {"--trusted-ca-file", certificates.certificate("ca"), "--client-cert-auth=true"});
  const EtcdCluster cluster(1, flags, kDebianEtcd, true);
  options.endpoints = cluster.urls();
  options.cert_file = certificates.certificate("client");
  options.key_file = certificates.key("client");
  run_story([&](UvLoop& loop) { return one_put(loop, options); });
  options.cert_file = "/nowhere.crt";
  UvLoop loop;
  CHECK_FALSE(Client::make(loop, loop.network(), real_random(), options));
}

}  // namespace
}  // namespace argosy::etcd_client
