// The API over real sockets, on a fresh database for each test.
#include "parts/update_service/api/api.h"

#include <doctest/doctest.h>

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/json/json.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/fleet_store.h"

namespace argosy::update_service::api {
namespace {

namespace cm = channel_metadata;

constexpr std::string_view kStable = "9a2deb70-37be-4026-853f-bfdd6b347bbe";
constexpr std::string_view kRoot = "root's token";

struct Reply {
  int status = 0;
  Headers headers;
  Bytes body;
  json::Value value;  // null if the body is no JSON
};

const RsaPrivateKey& signing_key() {
  static const RsaPrivateKey kKey = *RsaPrivateKey::generate(2048);
  return kKey;
}

class Service {
 public:
  explicit Service(ApiOptions options = default_options()) : random_(42), desk_(open_desk(loop_)) {
    const auto added = run<bool>(desk_->write<bool>([](sql::Database& database) {
      return store::add_defaults(database, real_clock().wall_now());
    }));
    REQUIRE_MESSAGE(added, added.error().text());
    api_ = std::make_unique<Api>(loop_, *desk_, real_clock(), random_, std::move(options));
    server_ = std::make_unique<HttpServer>(
        loop_, HttpServerOptions{.h2 = {}, .handler = api_->handler(), .take_h2 = {}});
    auto listener = loop_.network().listen(
        {"127.0.0.1", 0}, [this](std::unique_ptr<Stream> one) { server_->serve(std::move(one)); });
    REQUIRE(listener);
    listener_ = *std::move(listener);
  }

  static ApiOptions default_options() {
    ApiOptions options;
    options.gate.root_token = kRoot;
    options.channel_keys = *cm::Keyring::from_pem(signing_key().public_key().to_pem());
    return options;
  }

  Reply send(std::string method, std::string target, Headers headers, Bytes body = "") {
    const auto reply = run<Reply>(
        exchange(std::move(method), std::move(target), std::move(headers), std::move(body)));
    REQUIRE_MESSAGE(reply, reply.error().text());
    return *reply;
  }
  // As `token`, root if there is none.
  Reply call(std::string method, std::string target, Bytes body = "",
             std::string_view token = kRoot) {
    return send(std::move(method), std::move(target),
                {{"Authorization", format("Bearer {}", token)}}, std::move(body));
  }
  // The first piece of an endless body.
  std::string first_piece(std::string target) {
    const auto piece = run<std::string>(begin_of(std::move(target)));
    REQUIRE_MESSAGE(piece, piece.error().text());
    return *piece;
  }

  std::string new_token(std::string_view user, std::string_view role) {
    CHECK(call("POST", "/api/users", format(R"({{"name":"{}","role":"{}"}})", user, role)).status ==
          200);
    return std::string(call("POST", format("/api/users/{}/tokens", user), R"({"note":"test"})")
                           .value.text_of("token"));
  }

  template <typename T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    Scope scope(loop_);
    scope.spawn(keep(std::move(task), &outcome, &loop_));
    loop_.run();
    return *std::move(outcome);
  }
  Desk& desk() { return *desk_; }

 private:
  static std::unique_ptr<Desk> open_desk(Loop& loop) {
    std::vector<sql::Step> steps;
    for (const auto& all : {store::steps(), auth::steps(), auth::session_steps()}) {
      for (const sql::Step& step : all) steps.push_back(step);
    }
    auto desk = Desk::open(loop, {.database = ":memory:", .steps = std::move(steps)});
    REQUIRE_MESSAGE(desk, desk.error().text());
    return *std::move(desk);
  }

  template <typename T>
  static Task<void> keep(Task<T> task, std::optional<Result<T>>* outcome, UvLoop* loop) {
    outcome->emplace(co_await result(std::move(task)));
    loop->stop();
  }

  Task<Reply> exchange(std::string method, std::string target, Headers headers, Bytes body) {
    auto stream = co_await loop_.network().connect({"127.0.0.1", listener_->port()});
    HttpConnection connection(loop_, std::move(stream), "localhost");
    const ResponseHead head = co_await connection.request(std::move(method), std::move(target),
                                                          std::move(headers), std::move(body));
    Reply reply{.status = head.status, .headers = head.headers, .body = {}, .value = {}};
    reply.body = co_await connection.read_all(1 << 20);
    if (auto value = json::parse(reply.body)) reply.value = *std::move(value);
    co_return reply;
  }

  Task<std::string> begin_of(std::string target) {
    auto stream = co_await loop_.network().connect({"127.0.0.1", listener_->port()});
    HttpConnection connection(loop_, std::move(stream), "localhost");
    Headers headers{{"Authorization", format("Bearer {}", kRoot)}};
    co_await connection.request("GET", std::move(target), std::move(headers), "");
    std::string text;
    while (text.find("\n\n") == std::string::npos) {
      auto piece = co_await connection.read();
      if (!piece) break;
      text += *piece;
    }
    co_return text;
  }

  UvLoop loop_;
  SeededRandom random_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Listener> listener_;
};

std::string app_path(std::string_view rest) {
  return format("/api/apps/{}/{}", model::kContainerLinuxId, rest);
}

std::string group_path(std::string_view rest = "") {
  return app_path(format("groups/{}{}", kStable, rest));
}

std::string package_body(std::string_view version) {
  return format(R"({{"type":1,"arch":1,"version":"{}","url":"http://h/p/","filename":"u.gz",)"
                R"("size":"20","hash":"{}","hash256":"{}","description":"","channels_blacklist":)"
                R"([]}})",
                version, to_base64(Bytes(20, 'h')), to_base64(Bytes(32, 'Z')));
}

std::string add_package(Service& service, std::string_view version) {
  const Reply reply = service.call("POST", app_path("packages"), package_body(version));
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
  return std::string(reply.value.text_of("id"));
}

std::string stable_channel(Service& service) {
  return std::string(service.call("GET", group_path()).value.text_of("channel_id"));
}

void offer(Service& service, const std::string& package_id) {
  const Reply reply = service.call("PUT", app_path(format("channels/{}", stable_channel(service))),
                                   format(R"({{"package_id":"{}"}})", package_id));
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
}

cm::Metadata metadata_for(std::string target, uint64_t sequence) {
  const WallTime now(std::chrono::floor<seconds>(real_clock().wall_now().time_since_epoch()));
  return {.application = std::string(model::kContainerLinuxId),
          .channel = "stable",
          .arch = "amd64",
          .sequence = sequence,
          .target = target,
          .releases = {{target, false, {{"u.gz", 20, Bytes(32, 'Z'), ""}}}},
          .is_rollback_allowed = false,
          .issued = now,
          .expires = now + hours(24)};
}

std::string signed_text(const cm::Metadata& metadata, const RsaPrivateKey& key) {
  cm::Document document{.signatures = {}, .metadata = metadata};
  REQUIRE(cm::sign(document, cm::key_of(key.public_key()), cm::sign_with(key)));
  return cm::to_text(document);
}

}  // namespace

TEST_CASE("who has no token sees nothing, and roles are held to") {
  Service service;
  CHECK(service.send("GET", "/api/apps", {}).status == 401);
  CHECK(service.call("GET", "/api/apps", "", "guess").status == 401);
  CHECK(service.send("GET", "/config", {}).value.text_of("authMode") == "tokens");
  const std::string viewer = service.new_token("vera", "viewer");
  const std::string operator_token = service.new_token("otto", "operator");
  CHECK(service.call("GET", "/api/apps", "", viewer).status == 200);
  CHECK(service.call("POST", group_path("/pause"), "", viewer).status == 403);
  CHECK(service.call("POST", group_path("/pause"), "", operator_token).status == 200);
  CHECK(service.call("GET", "/api/users", "", operator_token).status == 403);
  CHECK(service.call("GET", "/api/audit", "", viewer).status == 403);
  const std::string basic = format("Basic {}", to_base64(format("vera:{}", viewer)));
  CHECK(service.send("GET", "/api/session", {{"Authorization", basic}}).value.text_of("role") ==
        "viewer");
  CHECK(service.call("DELETE", "/api/users/vera").status == 204);
  CHECK(service.call("GET", "/api/apps", "", viewer).status == 401);
}

TEST_CASE("without authentication everybody is admin, if that is asked for") {
  ApiOptions options;
  options.gate.mode = auth::Mode::kNoop;
  Service service(std::move(options));
  CHECK(service.send("GET", "/api/users", {}).status == 200);
}

TEST_CASE("guessing tokens is slowed down") {
  Service service;
  int refused = 0;
  for (int i = 0; i < 40; ++i) {
    if (service.call("GET", "/api/apps", "", format("guess {}", i)).status == 429) ++refused;
  }
  CHECK(refused > 20);
}

TEST_CASE("a page's session: a cookie, and CSRF for all that changes something") {
  Service service;
  CHECK(service.send("POST", "/login", {}, R"({"token":"x"})").status == 401);
  CHECK(service.send("POST", "/login", {}, "{").status == 400);
  const Reply login = service.send("POST", "/login", {}, format(R"({{"token":"{}"}})", kRoot));
  REQUIRE(login.status == 204);
  const std::string set(login.headers.value_of("set-cookie"));
  CHECK(set.find("HttpOnly; SameSite=Strict") != std::string::npos);
  const std::string cookie = set.substr(0, set.find(';'));
  const Reply session = service.send("GET", "/api/session", {{"Cookie", cookie}});
  CHECK(session.value.text_of("user") == "root");
  const std::string csrf(session.value.text_of("csrf"));
  CHECK(service.send("POST", group_path("/pause"), {{"Cookie", cookie}}).status == 403);
  CHECK(
      service.send("POST", group_path("/pause"), {{"Cookie", cookie}, {"X-CSRF-Token", csrf + "0"}})
          .status == 403);
  CHECK(service.send("POST", group_path("/pause"), {{"Cookie", cookie}, {"X-CSRF-Token", csrf}})
            .status == 200);
  CHECK(service.send("GET", "/api/session", {{"Cookie", cookie + "0"}}).status == 401);
  CHECK(service.send("POST", "/logout", {}).headers.value_of("set-cookie").find("Max-Age=0") !=
        std::string_view::npos);
}

TEST_CASE("lists come in pages, with Nebraska's names") {
  Service service;
  const Reply all = service.call("GET", app_path("groups?perpage=3&page=2"));
  CHECK(all.value.find("totalCount")->as_int() == 8);
  CHECK(all.value.find("count")->as_int() == 3);
  CHECK(all.value.find("groups")->as_array()->size() == 3);
  CHECK(service.call("GET", "/api/apps").value.find("applications")->as_array()->size() == 1);
  CHECK(service.call("GET", "/api/apps?page=0").status == 400);
  CHECK(service.call("GET", "/api/apps?perpage=1001").status == 400);
  CHECK(service.call("GET", "/api/apps/nothing").status == 404);
  CHECK(service.call("GET", "/api/nothing").status == 404);
  CHECK(service.call("PATCH", "/api/apps").status == 405);
  CHECK(service.call("POST", "/api/apps", "{").status == 400);
  CHECK(service.call("POST", "/api/apps", std::string(kMaxBodyBytes + 1, ' ')).status == 413);
}

TEST_CASE("packages: what was said is what is shown, and what is wrong is refused") {
  Service service;
  const std::string id = add_package(service, "2.0.0");
  const Reply shown = service.call("GET", app_path(format("packages/{}", id)));
  CHECK(shown.value.text_of("version") == "2.0.0");
  CHECK(shown.value.text_of("size") == "20");
  CHECK(shown.value.find("flatcar_action")->text_of("sha256") == to_base64(Bytes(32, 'Z')));
  CHECK(service.call("POST", app_path("packages"), package_body("2.0.0")).status == 409);
  CHECK(service.call("POST", app_path("packages"), package_body("two")).status == 400);
  CHECK(service.call("POST", app_path("packages"), R"({"version":"3.0.0","size":"x"})").status ==
        400);
  offer(service, id);
  CHECK(service.call("DELETE", app_path(format("packages/{}", id))).status == 409);
}

TEST_CASE("a rollout: share, linear growth, pause; each is in the audit book") {
  Service service;
  CHECK(service.call("PUT", group_path("/rollout"), R"({"percent":20})").status == 200);
  CHECK(service.call("GET", group_path("/rollout")).value.find("percent")->as_int() == 20);
  CHECK(service.call("PUT", group_path("/rollout"), R"({"percent":101})").status == 400);
  CHECK(service.call("PUT", group_path("/rollout"), R"({"percent":1,"duration_seconds":60})")
            .status == 400);
  CHECK(service
            .call("PUT", group_path("/rollout"), R"({"duration_seconds":86400,"frame_seconds":60})")
            .status == 200);
  CHECK(service.call("GET", group_path("/rollout")).value.find("linear")->as_bool() == true);
  CHECK(
      service.call("POST", group_path("/pause")).value.find("policy_updates_enabled")->as_bool() ==
      false);
  CHECK(service.call("POST", group_path("/resume")).status == 200);
  const Reply audit = service.call("GET", "/api/audit");
  CHECK(audit.value.find("totalCount")->as_int() == 4);
  const json::Value& last = audit.value.find("entries")->as_array()->front();
  CHECK(last.text_of("action") == "group.resume");
  CHECK(last.text_of("who") == "root");
  CHECK(last.text_of("before").find("\"policy_updates_enabled\":false") != std::string::npos);
  CHECK(last.text_of("after").find("\"policy_updates_enabled\":true") != std::string::npos);
}

TEST_CASE("a group's policy keeps what is not named") {
  Service service;
  const Reply reply = service.call(
      "PUT", group_path(),
      R"({"name":"Stable","policy_period_interval":"2 hours","policy_safe_mode":true})");
  REQUIRE_MESSAGE(reply.status == 200, reply.body);
  CHECK(reply.value.text_of("policy_period_interval") == "2 hours");
  CHECK(reply.value.text_of("track") == "stable");
  CHECK(service.call("PUT", group_path(), R"({"policy_safe_mode":"yes"})").status == 400);
  CHECK(service.call("PUT", group_path(), R"({"channel_id":"nothing"})").status == 400);
  CHECK(service.call("PUT", group_path(), R"({"policy_period_interval":"soon"})").status == 400);
}

TEST_CASE("floors, blacklist, pin and forced rollback") {
  Service service;
  const std::string one = add_package(service, "1.0.0");
  const std::string two = add_package(service, "2.0.0");
  offer(service, two);
  const std::string channel = stable_channel(service);
  const std::string floors = format("/api/channels/{}/floors", channel);
  CHECK(service.call("PUT", format("{}/{}", floors, one), R"({"floor_reason":"btrfs"})").status ==
        204);
  const Reply list = service.call("GET", floors);
  CHECK(list.value.find("total_count")->as_int() == 1);
  CHECK(list.value.find("packages")->as_array()->front().text_of("floor_reason") == "btrfs");
  CHECK(service.call("GET", app_path(format("packages/{}/floor-channels", one)))
            .value.find("count")
            ->as_int() == 1);
  CHECK(service.call("DELETE", format("{}/{}", floors, one)).status == 204);
  CHECK(service.call("DELETE", format("{}/{}", floors, one)).status == 404);

  const std::string black = format("/api/channels/{}/blacklist", channel);
  CHECK(service.call("PUT", format("{}/{}", black, two)).status == 409);
  CHECK(service.call("PUT", format("{}/{}", black, one)).status == 204);
  const std::string path = app_path(format("channels/{}", channel));
  CHECK(service.call("PUT", path + "/rollback", format(R"({{"package_id":"{}"}})", one)).status ==
        409);
  CHECK(service.call("DELETE", format("{}/{}", black, one)).status == 204);
  const Reply rolled =
      service.call("PUT", path + "/rollback", format(R"({{"package_id":"{}"}})", one));
  CHECK(rolled.value.find("forced_rollback")->as_bool() == true);
  CHECK(rolled.value.find("pinned")->as_bool() == true);
  CHECK(rolled.value.text_of("package_id") == one);
  CHECK(service.call("PUT", path + "/rollback", R"({"forced":false})").status == 200);
  CHECK(service.call("PUT", path + "/pin", R"({"pinned":false})").value.find("pinned")->as_bool() ==
        false);
}

TEST_CASE("channel metadata are taken only when they are signed, fit and are newer") {
  Service service;
  offer(service, add_package(service, "2.0.0"));
  const std::string path = app_path(format("channels/{}/metadata", stable_channel(service)));
  CHECK(service.call("GET", path).status == 404);
  const auto put = [&](const std::string& text) { return service.call("PUT", path, text).status; };
  CHECK(put(signed_text(metadata_for("2.0.0", 1), *RsaPrivateKey::generate(2048))) == 403);
  CHECK(put(signed_text(metadata_for("3.0.0", 1), signing_key())) == 409);
  CHECK(put("{}") == 400);
  const std::string first = signed_text(metadata_for("2.0.0", 5), signing_key());
  CHECK(put(first) == 200);
  CHECK(put(first) == 400);
  CHECK(put(signed_text(metadata_for("2.0.0", 4), signing_key())) == 400);
  CHECK(put(signed_text(metadata_for("2.0.0", 6), signing_key())) == 200);
  cm::Metadata future = metadata_for("2.0.0", 7);
  future.issued += hours(48);
  future.expires += hours(48);
  CHECK(put(signed_text(future, signing_key())) == 409);
  cm::Metadata other = metadata_for("2.0.0", 7);
  other.channel = "beta";
  CHECK(put(signed_text(other, signing_key())) == 409);
  CHECK(service.call("GET", path).value.find("signed")->find("sequence")->as_int() == 6);
}

TEST_CASE("the overview says what is stuck and what to do; the stream begins with it") {
  Service service;
  const auto saved = service.run<void>(service.desk().write<void>([](sql::Database& database) {
    const WallTime now = real_clock().wall_now();
    model::FleetMember member;
    member.instance.id = "m1";
    member.instance.created = now;
    member.application = {.instance_id = "m1",
                          .application_id = std::string(model::kContainerLinuxId),
                          .group_id = std::string(kStable),
                          .version = "1.0.0",
                          .status = Status::kUndefined,
                          .created = now,
                          .last_check = now,
                          .granted_at = {},
                          .granted_version = "",
                          .is_updating = false,
                          .is_active = true};
    return store::save_member(database, std::nullopt, member, now);
  }));
  REQUIRE(saved);
  CHECK(service.call("GET", group_path("/instancescount?duration=1d"))
            .value.find("count")
            ->as_int() == 1);
  CHECK(service.call("GET", group_path("/instances"))
            .value.find("instances")
            ->as_array()
            ->front()
            .text_of("id") == "m1");
  CHECK(service.call("GET", group_path("/instances_stats")).value.find("undefined")->as_int() == 1);
  CHECK(service.call("GET", group_path("/version_breakdown"))
            .value.as_array()
            ->front()
            .text_of("version") == "1.0.0");
  CHECK(service.call("PUT", "/api/instances/m1", R"({"alias":"rack 7"})").status == 200);
  CHECK(service.call("GET", group_path("/instances/m1")).value.text_of("alias") == "rack 7");
  service.call("POST", group_path("/pause"));
  const std::string text = service.call("GET", "/api/overview").body;
  CHECK(text.find("its channel offers no package") != std::string::npos);
  CHECK(text.find("updates are paused") != std::string::npos);
  CHECK(service.first_piece("/api/stream").find("event: overview\ndata: {\"groups\":[") !=
        std::string::npos);
}

}  // namespace argosy::update_service::api
