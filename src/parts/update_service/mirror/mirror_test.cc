#include "parts/update_service/mirror/mirror.h"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "parts/update_service/answer/answer.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/crypto/digest.h"
#include "sys/file/disk.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kApp = model::kContainerLinuxId;

struct Place {
  std::string path;
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "argosy-mirror-XXXXXX");
    path = ::mkdtemp(pattern.data());
  }
  ~Place() { std::filesystem::remove_all(path); }
};

// An upstream: our own answers, and its payloads below /files/.
struct Upstream {
  std::unique_ptr<sql::Database> database;
  Answerer answerer{real_disk(), {}};
  Bytes payload = Bytes(200'000, 'p');
  uint16_t port = 0;
  int downloads = 0;
  bool is_damaged = false;

  Upstream() {
    auto opened = sql::open_sqlite(":memory:");
    REQUIRE(opened);
    database = *std::move(opened);
    REQUIRE(sql::migrate(*database, store::steps()));
    REQUIRE(store::add_defaults(*database, WallTime(hours(1))));
  }
  void release(const std::string& version) {
    model::Package package;
    package.id = version;
    package.application_id = kApp;
    package.version = version;
    package.url = "/files/";
    package.filename = "update.gz";
    package.size = payload.size();
    package.sha256 = to_base64(sha256(payload));
    REQUIRE(store::add(*database, package, WallTime(hours(2))));
  }
  void offer(const std::string& version, const std::string& floor) {
    const auto catalog = store::load_catalog(*database);
    REQUIRE(catalog);
    model::Channel channel = *(*catalog)->channel(kApp, "stable", model::Arch::kAmd64);
    channel.package_id = version;
    if (!floor.empty()) channel.floors = {{floor, "a reason"}};
    REQUIRE(store::change(*database, channel, WallTime(hours(2))));
  }
  // What the channel offers, signed by this key.
  void state(const std::string& target, uint64_t sequence, const RsaPrivateKey& key,
             const std::string& digest_of) {
    namespace cm = channel_metadata;
    const WallTime now(std::chrono::floor<seconds>(real_clock().wall_now().time_since_epoch()));
    cm::Document document{
        .signatures = {},
        .metadata = {
            .application = std::string(kApp),
            .channel = "stable",
            .arch = "amd64",
            .sequence = sequence,
            .target = target,
            .releases = {{target, false, {{"update.gz", payload.size(), sha256(digest_of), ""}}}},
            .issued = now,
            .expires = now + hours(1)}};
    REQUIRE(cm::sign(document, cm::key_of(key.public_key()), cm::sign_with(key)));
    const auto catalog = store::load_catalog(*database);
    model::Channel channel = *(*catalog)->channel(kApp, "stable", model::Arch::kAmd64);
    channel.metadata = cm::to_text(document);
    REQUIRE(store::change(*database, channel, WallTime(hours(2))));
  }
  Task<void> serve(Exchange& exchange) {
    if (exchange.head().method == "GET") {
      ++downloads;
      exchange.respond(200, "application/octet-stream",
                       is_damaged ? Bytes(payload.size(), 'x') : payload);
      co_return;
    }
    const Bytes body = co_await exchange.read_all(1 << 20);
    const auto request = co_await omaha::parse_request(body);
    CHECK(request.updater_version == "CoreOSUpdateEngine-0.1.0.0");
    const Origin origin{.ip = "127.0.0.1", .base_url = format("http://127.0.0.1:{}", port)};
    const auto response =
        co_await answerer.answer(*database, request, origin, WallTime(hours(500'000)));
    exchange.respond(200, "text/xml", omaha::to_xml(response));
  }
};

struct Site {
  Place place;
  UvLoop loop;
  Upstream upstream;
  HttpServer server{loop,
                    {.h2 = {},
                     .handler = [this](Exchange& exchange) { return upstream.serve(exchange); },
                     .take_h2 = {}}};
  std::unique_ptr<Listener> listener;
  std::unique_ptr<Desk> desk;
  std::unique_ptr<Hosting> hosting;

  Site() {
    auto listening = loop.network().listen(
        {"127.0.0.1", 0, {}},
        [this](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); });
    REQUIRE(listening);
    listener = *std::move(listening);
    upstream.port = listener->port();
    auto opened = Desk::open(loop, {.database = place.path + "/db",
                                    .steps = {store::steps().begin(), store::steps().end()}});
    REQUIRE(opened);
    desk = *std::move(opened);
    auto host = Hosting::open(loop, place.path + "/packages");
    REQUIRE(host);
    hosting = *std::move(host);
  }
  MirrorOptions options() const {
    return {.upstream = format("http://127.0.0.1:{}/v1/update/", upstream.port)};
  }
  void run(Task<void> task) {
    std::optional<Error> why;
    Scope scope(loop);
    struct Body {
      static Task<void> all(UvLoop* loop, Task<void> inner, std::optional<Error>* why) {
        const auto done = co_await result(std::move(inner));
        if (!done) *why = done.error();
        loop->stop();
      }
    };
    scope.spawn(Body::all(&loop, std::move(task), &why));
    loop.run();
    if (why) FAIL(why->text());
  }
};

Task<model::CatalogView> catalog_of(Desk& desk) {
  co_return co_await desk.read<model::CatalogView>(
      [](sql::Database& database) { return store::load_catalog(database); });
}

Task<void> add_defaults(Desk& desk) {
  co_await desk.write<bool>(
      [](sql::Database& database) { return store::add_defaults(database, WallTime(hours(1))); });
}

std::string target_of(const model::Catalog& catalog) {
  const model::Channel* channel = catalog.channel(kApp, "stable", model::Arch::kAmd64);
  const model::Package* package = catalog.package(channel->package_id);
  return package == nullptr ? "" : package->version;
}

Task<void> check_hosting(Site& site) {
  co_await add_defaults(*site.desk);
  Mirror mirror(site.loop, real_clock(), *site.desk, site.hosting.get(), site.options());
  site.upstream.release("2.0.0");
  site.upstream.release("3.0.0");
  site.upstream.offer("3.0.0", "2.0.0");
  co_await mirror.run_once();
  CHECK(site.upstream.downloads == 2);
  CHECK(mirror.figures().packages == 2);
  const auto catalog = co_await catalog_of(*site.desk);
  CHECK(target_of(*catalog) == "3.0.0");
  const model::Channel* channel = catalog->channel(kApp, "stable", model::Arch::kAmd64);
  REQUIRE(channel->floors.size() == 1);
  CHECK(channel->floors[0].reason == "a reason");
  const model::Package* package = catalog->package(channel->package_id);
  CHECK(package->url == "/flatcar/");
  CHECK(package->filename == "flatcar-amd64-3.0.0.gz");
  CHECK(package->sha256 == to_base64(sha256(site.upstream.payload)));
  const auto names = co_await site.hosting->list();
  CHECK(names == std::vector<std::string>{"flatcar-amd64-2.0.0.gz", "flatcar-amd64-3.0.0.gz"});
  co_await mirror.run_once();
  CHECK(site.upstream.downloads == 2);
  CHECK(mirror.figures().packages == 2);
}

Task<void> check_damage(Site& site) {
  co_await add_defaults(*site.desk);
  Mirror mirror(site.loop, real_clock(), *site.desk, site.hosting.get(), site.options());
  site.upstream.release("2.0.0");
  site.upstream.offer("2.0.0", "");
  site.upstream.is_damaged = true;
  co_await mirror.run_once();
  const auto damaged = co_await catalog_of(*site.desk);
  CHECK(target_of(*damaged).empty());
  CHECK(damaged->packages.empty());
  const auto names = co_await site.hosting->list();
  CHECK(names.empty());
  site.upstream.is_damaged = false;
  co_await mirror.run_once();
  const auto whole = co_await catalog_of(*site.desk);
  CHECK(target_of(*whole) == "2.0.0");
}

Task<void> check_pinned(Site& site) {
  co_await add_defaults(*site.desk);
  MirrorOptions options = site.options();
  options.packages_url = "https://mirror.example/{{ARCH}}/{{VERSION}}";
  Mirror mirror(site.loop, real_clock(), *site.desk, nullptr, options);
  site.upstream.release("2.0.0");
  site.upstream.offer("2.0.0", "");
  co_await mirror.run_once();
  const auto first = co_await catalog_of(*site.desk);
  CHECK(target_of(*first) == "2.0.0");
  CHECK(first->packages.at(0).url == "https://mirror.example/amd64/2.0.0/");
  model::Channel channel = *first->channel(kApp, "stable", model::Arch::kAmd64);
  channel.is_pinned = true;
  co_await site.desk->write<void>([channel](sql::Database& database) {
    return store::change(database, channel, WallTime(hours(3)));
  });
  site.upstream.release("3.0.0");
  site.upstream.offer("3.0.0", "");
  co_await mirror.run_once();
  const auto pinned = co_await catalog_of(*site.desk);
  CHECK(target_of(*pinned) == "2.0.0");
}

std::string metadata_of(const model::Catalog& catalog) {
  return catalog.channel(kApp, "stable", model::Arch::kAmd64)->metadata;
}

Task<void> check_signed(Site& site) {
  co_await add_defaults(*site.desk);
  const RsaPrivateKey key = *RsaPrivateKey::generate(2048);
  const RsaPrivateKey other = *RsaPrivateKey::generate(2048);
  MirrorOptions options = site.options();
  options.keys = *channel_metadata::Keyring::from_pem(key.public_key().to_pem());
  Mirror mirror(site.loop, real_clock(), *site.desk, nullptr, options);
  Upstream& upstream = site.upstream;
  upstream.release("2.0.0");
  upstream.offer("2.0.0", "");
  const auto after_round = [](Mirror& following, Site& of) -> Task<std::string> {
    co_await following.run_once();
    const auto catalog = co_await catalog_of(*of.desk);
    co_return target_of(*catalog) + metadata_of(*catalog);
  };
  // Unsigned; signed by a stranger; of another payload; of another version.
  std::string known = co_await after_round(mirror, site);
  CHECK(known.empty());
  CHECK(std::ranges::any_of(mirror.figures().troubles, [](const std::string& trouble) {
    return trouble == "stable (amd64): upstream sends no signed metadata of the channel";
  }));
  upstream.state("2.0.0", 1, other, upstream.payload);
  known = co_await after_round(mirror, site);
  CHECK(known.empty());
  upstream.state("2.0.0", 1, key, "another payload");
  known = co_await after_round(mirror, site);
  CHECK(known.empty());
  upstream.state("1.5.0", 1, key, upstream.payload);
  known = co_await after_round(mirror, site);
  CHECK(known.empty());
  upstream.state("2.0.0", 2, key, upstream.payload);
  known = co_await after_round(mirror, site);
  CHECK(known.starts_with("2.0.0{"));
  CHECK(known.find("\"sequence\":2") != std::string::npos);
  // Signed anew, with nothing new to offer; an older one comes too late.
  upstream.state("2.0.0", 4, key, upstream.payload);
  known = co_await after_round(mirror, site);
  CHECK(known.find("\"sequence\":4") != std::string::npos);
  upstream.state("2.0.0", 3, key, upstream.payload);
  known = co_await after_round(mirror, site);
  CHECK(known.find("\"sequence\":4") != std::string::npos);
}

Task<void> check_pace(Site& site) {
  co_await add_defaults(*site.desk);
  MirrorOptions options = site.options();
  options.max_rate = 1'000'000;
  Mirror mirror(site.loop, real_clock(), *site.desk, site.hosting.get(), options);
  site.upstream.payload = Bytes(500'000, 'p');
  site.upstream.release("2.0.0");
  site.upstream.offer("2.0.0", "");
  const MonotonicTime begin = real_clock().now();
  co_await mirror.run_once();
  CHECK(real_clock().now() - begin >= milliseconds(450));
  const auto catalog = co_await catalog_of(*site.desk);
  CHECK(target_of(*catalog) == "2.0.0");
}

// The next round is an hour away unless somebody wishes for it.
Task<void> check_hurry(Site& site) {
  co_await add_defaults(*site.desk);
  Mirror mirror(site.loop, real_clock(), *site.desk, nullptr, site.options());
  Scope scope(site.loop);
  scope.spawn(mirror.run());
  while (mirror.figures().rounds < 1 || !mirror.figures().last_round) {
    co_await sleep_for(site.loop, milliseconds(1));
  }
  mirror.hurry();
  while (mirror.figures().rounds < 2) co_await sleep_for(site.loop, milliseconds(1));
}

}  // namespace

TEST_CASE("with keys nothing is taken but what upstream has signed") {
  Site site;
  site.run(check_signed(site));
}

TEST_CASE("payloads come no faster than they may") {
  Site site;
  site.run(check_pace(site));
}

TEST_CASE("a round can be wished for") {
  Site site;
  site.run(check_hurry(site));
}

TEST_CASE("versions and floors are taken over with their payloads, once") {
  Site site;
  site.run(check_hosting(site));
}

TEST_CASE("a payload that is not as announced is never offered") {
  Site site;
  site.run(check_damage(site));
}

TEST_CASE("a pinned channel stays, and URLs may be another mirror's") {
  Site site;
  site.run(check_pinned(site));
}

}  // namespace argosy::update_service
