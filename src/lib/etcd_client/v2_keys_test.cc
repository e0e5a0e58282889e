// The v2 keys API against Debian's etcd with --enable-v2.
#include "lib/etcd_client/v2_keys.h"

#include "lib/etcd_client/etcd_process_test.h"

namespace argosy::etcd_client {
namespace {

Task<void> v2_story(UvLoop& loop, ClientOptions options) {
  co_await ready_client(loop, options);
  const auto keys = co_await V2Keys::make(loop, loop.network(), options);
  const auto version = co_await keys->server_version();
  CHECK(version.starts_with("3."));

  const auto missing = co_await result(keys->get("a/b"));
  REQUIRE_FALSE(missing);
  CHECK_EQ(v2_error_code(missing.error()), kV2KeyNotFound);
  CHECK(missing.error().text().starts_with("100: Key not found (/a) ["));

  const V2Node created = co_await keys->create("a/b", R"({"x":1,"y":"a&b=c+d %"})");
  CHECK_EQ(created.key, "/a/b");
  const V2Node read = co_await keys->get("a/b");
  CHECK_EQ(read.value, R"({"x":1,"y":"a&b=c+d %"})");
  CHECK_EQ(read.modified, created.modified);
  const auto again = co_await result(keys->create("a/b", "2"));
  REQUIRE_FALSE(again);
  CHECK_EQ(v2_error_code(again.error()), kV2KeyExists);
  CHECK_EQ(again.error().code(), Code::kAlreadyExists);

  const V2Node swapped = co_await keys->compare_and_swap("a/b", "2", read.modified);
  CHECK_GT(swapped.modified, read.modified);
  const auto stale = co_await result(keys->compare_and_swap("a/b", "3", read.modified));
  REQUIRE_FALSE(stale);
  CHECK_EQ(v2_error_code(stale.error()), kV2CompareFailed);
  CHECK_EQ(stale.error().text(), format("101: Compare failed ([{} != {}]) [{}]", read.modified,
                                        swapped.modified, swapped.modified));
  CHECK_EQ((co_await keys->set("a/b", "4")).value, "4");

  const auto directory = co_await keys->get("a");
  CHECK(directory.is_directory);
  const auto below = co_await result(keys->set("a/b/c", "x"));
  REQUIRE_FALSE(below);
  CHECK_EQ(v2_error_code(below.error()), 104);

  // A key is taken as it is, with what a URL would mean by its characters.
  co_await keys->set("g/a+b%2Fc?d#e", "odd");
  CHECK_EQ((co_await keys->get("g/a+b%2Fc?d#e")).key, "/g/a+b%2Fc?d#e");
  co_await keys->remove("a/b");
  CHECK_FALSE(co_await result(keys->get("a/b")));
}

TEST_CASE("get, create, swap and their errors") {
  const EtcdCluster cluster(1, {"--enable-v2=true"});
  ClientOptions options;
  options.endpoints = {format("http://127.0.0.1:{}", free_port()), cluster.url(0)};
  run_story([&](UvLoop& loop) { return v2_story(loop, options); });
}

Task<void> not_served(UvLoop& loop, ClientOptions options) {
  co_await ready_client(loop, options);
  const auto keys = co_await V2Keys::make(loop, loop.network(), options);
  const auto refused = co_await result(keys->get("a"));
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().code(), Code::kUnavailable);
  CHECK_FALSE(v2_error_code(refused.error()));
}

TEST_CASE("a server without the v2 API") {
  const EtcdCluster cluster(1);
  ClientOptions options;
  options.endpoints = cluster.urls();
  run_story([&](UvLoop& loop) { return not_served(loop, options); });
}

Task<void> nobody(UvLoop& loop, ClientOptions options) {
  const auto keys = co_await V2Keys::make(loop, loop.network(), options);
  const auto refused = co_await result(keys->get("a"));
  REQUIRE_FALSE(refused);
  CHECK_EQ(refused.error().text(),
           format("client: etcd cluster is unavailable or misconfigured; error #0: dial tcp "
                  "{}: connect: connection refused\n",
                  options.endpoints[0].substr(7)));
}

TEST_CASE("nobody listens") {
  ClientOptions options;
  options.endpoints = {format("http://127.0.0.1:{}", free_port())};
  run_story([&](UvLoop& loop) { return nobody(loop, options); });
}

}  // namespace
}  // namespace argosy::etcd_client
