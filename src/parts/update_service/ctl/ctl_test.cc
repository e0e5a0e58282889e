// The commands against the API in another thread, over real sockets and a database in memory.
#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <future>
#include <thread>

#include "base/format.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "lib/channel_metadata/trust/trust.h"
#include "parts/update_service/api/api.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/ctl/command.h"
#include "parts/update_service/ctl/draft.h"
#include "parts/update_service/ctl/payload.h"
#include "parts/update_service/ctl/table.h"
#include "parts/update_service/ctl/watch.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/file/disk.h"

namespace argosy::update_service::ctl {
namespace {

namespace cm = channel_metadata;

constexpr std::string_view kApp = "e96281a6-d1af-4bde-9a0a-97b76e56dc57";
constexpr std::string_view kStable = "9a2deb70-37be-4026-853f-bfdd6b347bbe";
constexpr std::string_view kRoot = "a token of root";

Task<void> add_defaults(Desk* desk) {
  co_await desk->write<bool>([](sql::Database& database) {
    return store::add_defaults(database, real_clock().wall_now());
  });
}

class Service {
 public:
  explicit Service(cm::Keyring keys) {
    std::promise<uint16_t> port;
    auto known = port.get_future();
    thread_ = std::thread([this, &port, &keys] { serve(port, std::move(keys)); });
    port_ = known.get();
  }
  ~Service() {
    loop_->post_from_any_thread([loop = loop_] { loop->stop(); });
    thread_.join();
  }
  uint16_t port() const { return port_; }

 private:
  void serve(std::promise<uint16_t>& port, cm::Keyring keys) {
    UvLoop loop;
    loop_ = &loop;
    std::vector<sql::Step> steps;
    for (const auto& all : {store::steps(), auth::steps(), auth::session_steps()}) {
      steps.insert(steps.end(), all.begin(), all.end());
    }
    auto desk = Desk::open(loop, {.database = ":memory:", .steps = std::move(steps)});
    REQUIRE(desk);
    api::ApiOptions options;
    options.gate.root_token = kRoot;
    options.channel_keys = std::move(keys);
    SeededRandom random(3);
    api::Api api(loop, **desk, real_clock(), random, std::move(options));
    HttpServer server(loop, {.h2 = {}, .handler = api.handler(), .take_h2 = {}});
    auto listener = loop.network().listen(
        {"127.0.0.1", 0}, [&](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); });
    REQUIRE(listener);
    Scope scope(loop);
    scope.spawn(add_defaults(desk->get()));
    port.set_value((*listener)->port());
    loop.run();
  }

  UvLoop* loop_ = nullptr;
  uint16_t port_ = 0;
  std::thread thread_;
};

struct Shell {
  explicit Shell(uint16_t port, std::string token = std::string(kRoot))
      : client({.is_secure = false, .host = "127.0.0.1", .port = port}, std::move(token), false) {}

  Result<std::string> run(std::string_view name, std::map<std::string, std::string> flags,
                          std::vector<std::string> words = {}, bool wants_json = false) {
    for (const Command* command : all_commands()) {
      if (command->name != name) continue;
      for (const Flag& flag : command->flags) flags.try_emplace(flag.name, flag.initial);
      Context context{.client = client,
                      .flags = flags,
                      .words = words,
                      .wants_json = wants_json,
                      .out = {},
                      .say = [this](std::string_view text) { said += text; }};
      if (auto done = command->run(context); !done) return fail(done.error());
      return context.out;
    }
    FAIL("no such command");
    return "";
  }
  std::string good(std::string_view name, std::map<std::string, std::string> flags,
                   std::vector<std::string> words = {}, bool wants_json = false) {
    const auto out = run(name, std::move(flags), std::move(words), wants_json);
    REQUIRE_MESSAGE(out, out.error().text());
    return *out;
  }

  Client client;
  std::string said;
};

class Folder {
 public:
  Folder() {
    char pattern[] = "/tmp/argosy-ctl-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Folder() { (void)remove_all(real_disk(), path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(std::string_view name) const { return join_path(path_, name); }
  Bytes content(std::string_view name) const {
    auto read = read_file(real_disk(), path(name));
    REQUIRE(read);
    return *read;
  }

 private:
  std::string path_;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

std::map<std::string, std::string> in_app(std::map<std::string, std::string> flags = {}) {
  flags["app-id"] = kApp;
  return flags;
}

void offer(Shell& shell, const Folder& folder, const std::string& version) {
  REQUIRE(replace_file(real_disk(), folder.path("update.gz"), "payload of " + version));
  shell.good("package create", in_app({{"version", version},
                                       {"url", "http://h/p/update.gz"},
                                       {"file", folder.path("update.gz")}}));
  shell.good("channel update", in_app({{"channel", "stable"}, {"version", version}}));
}

}  // namespace

TEST_CASE("the ceremony: two keys, draft, both sign, push; forged and old ones are refused") {
  const Folder folder;
  Shell offline(1);
  const std::string id = offline.good("key generate", {{"bits", "2048"}}, {folder.path("old.key")});
  offline.good("key generate", {{"bits", "2048"}}, {folder.path("new.key")});
  CHECK(offline.run("key generate", {{"bits", "2048"}}, {folder.path("old.key")}).error().code() ==
        Code::kAlreadyExists);
  CHECK(real_disk().stat(folder.path("old.key"))->mode % 01000 == 0600);
  CHECK(has(offline.good("key show", {}, {folder.path("old.key")}), " private, 2048 bits"));
  CHECK(offline.good("key show", {}, {folder.path("old.key.pub")}).substr(0, 64) ==
        id.substr(0, 64));

  const Service service(*cm::Keyring::from_pem(folder.content("old.key.pub")));
  Shell shell(service.port());
  offer(shell, folder, "2.0.0");
  const std::string file = folder.path("stable.json");
  CHECK(has(shell.good("channel draft", in_app({{"channel", "stable"}, {"file", file}})),
            "release 2.0.0\n    update.gz 16 bytes"));
  CHECK(shell.run("channel push", in_app({{"file", file}})).error().message() ==
        "channel metadata are not signed");
  offline.good("channel sign", {{"file", file}, {"key", folder.path("new.key")}});
  CHECK(has(shell.run("channel push", in_app({{"file", file}})).error().message(),
            "no key that is trusted"));
  offline.good("channel sign", {{"file", file}, {"key", folder.path("old.key")}});
  for (const char* key : {"old.key.pub", "new.key.pub"}) {
    CHECK(has(offline.good("channel show", {{"file", file}, {"public-key", folder.path(key)}}),
              "verified\nchannel stable (amd64)"));
  }
  CHECK(has(shell.good("channel push", in_app({{"file", file}})), "has document 1 now"));
  CHECK(has(shell.run("channel push", in_app({{"file", file}})).error().message(),
            "older than what was seen"));
  const std::string next = folder.path("next.json");
  CHECK(has(shell.good("channel draft", in_app({{"channel", "stable"}, {"file", next}})),
            "document 2\n"));
}

TEST_CASE("a device signs what it is given, and a signature of something else is refused") {
  const Folder folder;
  Shell shell(1);
  shell.good("key generate", {{"bits", "2048"}}, {folder.path("k")});
  const WallTime now(std::chrono::floor<seconds>(real_clock().wall_now().time_since_epoch()));
  const cm::Document draft{
      .signatures = {},
      .metadata = {.application = std::string(kApp),
                   .channel = "stable",
                   .arch = "amd64",
                   .sequence = 1,
                   .target = "1.0.0",
                   .releases = {{"1.0.0", false, {{"u.gz", 1, Bytes(32, 'x'), ""}}}},
                   .is_rollback_allowed = false,
                   .issued = now,
                   .expires = now + hours(1)}};
  const std::string file = folder.path("d.json");
  REQUIRE(replace_file(real_disk(), file, cm::to_text(draft) + "\n"));
  const std::string text = shell.good("channel text", {{"file", file}});
  REQUIRE(replace_file(real_disk(), folder.path("text"), text));
  const std::string openssl = format("openssl dgst -sha256 -sign {} -out {} {}", folder.path("k"),
                                     folder.path("sig"), folder.path("text"));
  REQUIRE(std::system(openssl.c_str()) == 0);
  const std::map<std::string, std::string> flags = {
      {"file", file}, {"signature", folder.path("sig")}, {"public-key", folder.path("k.pub")}};
  CHECK(has(shell.good("channel sign", flags), "signed by"));
  REQUIRE(replace_file(real_disk(), folder.path("sig"), Bytes(256, '\1')));
  CHECK(shell.run("channel sign", flags).error().code() == Code::kPermissionDenied);
}

TEST_CASE("groups, rollouts and what stands out at night") {
  const Folder folder;
  const Service service(cm::Keyring{});
  Shell shell(service.port());
  offer(shell, folder, "2.0.0");
  const auto group = in_app({{"group-id", std::string(kStable)}});
  CHECK(shell.good("status", {}) == "Nothing is stuck.\n");
  const std::string paused = shell.good("group pause", group);
  CHECK(paused.starts_with("Label\t"));
  CHECK(has(paused, "\ttrue\t"));
  CHECK(has(shell.good("status", {}), "PAUSED\n  warning: updates are paused\n    -> "));
  shell.good("group unpause", group);
  auto percent = group;
  percent["update-percent"] = "25";
  CHECK(shell.good("group percent", percent) == "update percent set to 25.000000\n");
  CHECK(has(shell.good("rollout", group), "\"percent\": 25"));
  CHECK(shell.good("rollout create linear", group) == "rollout set\n");
  CHECK(has(shell.good("rollout", group), "\"linear\": true"));
  CHECK(has(shell.good("channel list", in_app()), "stable\t"));
  CHECK(has(shell.good("package list", in_app()), "2.0.0\t"));
  CHECK(has(shell.good("app list", {}, {}, true), "\"product_id\""));
}

TEST_CASE("groups come and go; floors and what is never offered") {
  const Folder folder;
  const Service service(cm::Keyring{});
  Shell shell(service.port());
  offer(shell, folder, "2.0.0");
  offer(shell, folder, "3.0.0");
  shell.good("group create",
             in_app({{"group-label", "canary"}, {"channel", "beta"}, {"update-interval", "900"}}));
  const json::Value groups = *json::parse(shell.good("group list", in_app(), {}, true));
  const auto& all = *groups.as_array();
  const auto made = std::ranges::find_if(
      all, [](const json::Value& group) { return group.text_of("name") == "canary"; });
  REQUIRE(made != all.end());
  CHECK(made->text_of("track") == "canary");
  CHECK(made->text_of("policy_period_interval") == "15 minutes");
  CHECK(made->find("channel")->text_of("name") == "beta");
  auto group = in_app({{"group-id", std::string(made->text_of("id"))}});
  CHECK(shell.run("group update", group).error().code() == Code::kInvalidArgument);
  auto change = group;
  change["channel"] = "stable";
  change["update-count"] = "7";
  CHECK(has(shell.good("group update", change), "stable"));
  CHECK(has(shell.good("group update", change, {}, true), "\"policy_max_updates_per_period\": 7"));
  CHECK(has(shell.good("group versions", group), "Version\t"));
  CHECK(has(shell.good("group events", group), "Status\t"));
  CHECK(has(shell.good("instance list-updates", in_app()), "ClientID"));
  CHECK(has(shell.good("instance list-app-versions", in_app()), "Clients"));
  CHECK(shell.run("rollout activate", group).error().code() == Code::kFailedPrecondition);
  shell.good("rollout create linear", group);
  CHECK(shell.good("rollout activate", group) == "rollout activated\n");
  CHECK(shell.good("rollout deactivate", group) == "rollout deactivated\n");
  CHECK(has(shell.good("rollout", group), "\"linear\": false"));
  CHECK(has(shell.good("rollout", group), "\"percent\": 0"));
  shell.good("group delete", group);
  CHECK(shell.run("group delete", group).error().code() == Code::kNotFound);

  const auto old = in_app({{"channel", "stable"}, {"version", "2.0.0"}, {"reason", "new keys"}});
  CHECK(shell.good("channel floor add", old) == "2.0.0 is a floor of stable\n");
  CHECK(
      has(shell.good("channel floor list", in_app({{"channel", "stable"}})), "2.0.0\tnew keys\n"));
  shell.good("channel floor remove", old);
  CHECK(shell.run("channel floor remove", old).error().code() == Code::kNotFound);
  shell.good("channel blacklist add", old);
  CHECK_FALSE(shell.run("channel update", old));
  shell.good("channel blacklist remove", old);
  shell.good("channel update", old);
  CHECK(has(shell.run("channel blacklist add", old).error().message(), "offers this package"));
  CHECK(has(shell.run("upstream create", {}).error().message(), "-enable-syncer"));
  CHECK(has(shell.run("upstream list", {}).error().message(), "-enable-syncer"));
  CHECK(shell.good("database init", {}) == "ok\n");
}

TEST_CASE("users, and what their tokens may do") {
  const Service service(cm::Keyring{});
  Shell shell(service.port());
  std::string token = shell.good("admin-user create", {{"role", "viewer"}}, {"vera"});
  token.pop_back();
  CHECK(shell.good("admin-user list", {}) == "vera\n");
  Shell vera(service.port(), token);
  vera.good("app list", {});
  CHECK(has(vera.run("admin-user list", {}).error().message(), "this needs the role admin"));
  CHECK(shell.good("admin-user delete", {}, {"vera"}) == "User vera deleted\n");
  CHECK(has(vera.run("app list", {}).error().message(), "not known"));
}

TEST_CASE("a download has its name only when it is what was announced") {
  const Folder folder;
  REQUIRE(replace_file(real_disk(), folder.path("there"), "the payload"));
  const Measured announced = *measure(real_disk(), folder.path("there"));
  CHECK(announced.size == 11);
  CHECK(announced.sha256 == "dYnVQ7AI0VCLEfccSXhKfb4Le2cv/rhHq+CCiffJhn0=");
  CHECK(Download::begin(real_disk(), folder.path("there")).error().code() == Code::kAlreadyExists);
  const std::string path = folder.path("new");
  const auto come = [&](BytesView bytes) -> Result<void> {
    Download download = TRY(Download::begin(real_disk(), path));
    TRY(download.write(bytes.substr(0, 4)));
    CHECK_FALSE(exists(real_disk(), path));
    TRY(download.write(bytes.substr(4)));
    return download.keep(announced);
  };
  for (const char* other : {"the pay", "the payload and more", "the Payload"}) {
    CHECK(come(other).error().code() == Code::kDataLoss);
    CHECK(real_disk().list(parent_path(path))->size() == 1);
  }
  CHECK(come("the payload"));
  CHECK(folder.content("new") == "the payload");
  CHECK(real_disk().list(parent_path(path))->size() == 2);
}

TEST_CASE("what a machine says, and what it hears") {
  const Machine machine{.id = "deadbeef01",
                        .boot_id = "b",
                        .application = std::string(kApp),
                        .track = "stable",
                        .version = "1.0.0",
                        .oem = "fakeclient",
                        .is_on_demand = true};
  const auto read = omaha::parse_request(request_text(
      machine, {.checks = true,
                .event = event_of(omaha::EventType::kUpdateComplete, omaha::EventResult::kError)}));
  REQUIRE_MESSAGE(read, read.error().text());
  CHECK(read->install_source == "ondemandupdate");
  const omaha::AppRequest& app = read->apps.at(0);
  CHECK(app.id == format("{{{}}}", kApp));
  CHECK(app.machine_id == "deadbeef01");
  CHECK(app.track == "stable");
  CHECK(app.update_check.has_value());
  CHECK_FALSE(app.ping.has_value());
  CHECK(app.events.at(0).error_code == 2000);

  const std::string head = R"(<response protocol="3.0"><app appid="x" status="ok"><updatecheck )";
  const std::string tail = "</updatecheck></app></response>";
  const auto told = read_told(head +
                              R"(status="ok"><urls><url codebase="http://h/p"/></urls>)"
                              R"(<manifest version="2.0.0"><packages><package name="u.gz" )"
                              R"(hash="" size="1" required="true"/></packages></manifest>)" +
                              tail);
  REQUIRE_MESSAGE(told, told.error().text());
  CHECK(told->is_update());
  CHECK(told->url == "http://h/p/u.gz");
  CHECK_FALSE(read_told(head + R"(status="noupdate">)" + tail)->is_update());
  CHECK_FALSE(read_told(head + R"(status="ok">)" + tail)->is_update());
  CHECK(read_told(R"(<response protocol="3.0"></response>)").error().code() == Code::kDataLoss);
  const auto environment = change_environment(machine, *told);
  CHECK(environment == std::vector<std::string>{"UPDATE_SERVICE_VERSION=2.0.0",
                                                format("UPDATE_SERVICE_APP_ID={}", kApp),
                                                "UPDATE_SERVICE_OLD_VERSION=1.0.0",
                                                "UPDATE_SERVICE_URL=http://h/p/u.gz"});
  SeededRandom random(1);
  const std::string uuid = new_uuid(random);
  CHECK(uuid.size() == 36);
  CHECK(uuid[14] == '4');
  CHECK(new_uuid(random) != uuid);
}

TEST_CASE("packages go from one service to another by a directory") {
  const Folder folder;
  const Service service(cm::Keyring{});
  Shell shell(service.port());
  const auto info = [&](const std::string& version) {
    return format(R"({{"application_id":"{}","version":"{}","arch":1,"type":1,"size":"7",)"
                  R"("source_version":null,"url":"/flatcar/","filename":"a/x.gz",)"
                  R"("hash":null,"hash256":"{}"}})",
                  kApp, version, to_base64(Bytes(32, 'x')));
  };
  REQUIRE(real_disk().make_directories(folder.path("d"), 0700));
  REQUIRE(replace_file(real_disk(), folder.path("d/one_info.json"), info("1.0.0")));
  REQUIRE(replace_file(real_disk(), folder.path("d/two_info.json"), info("2.0.0")));
  REQUIRE(replace_file(real_disk(), folder.path("d/one_x.gz"), "payload"));
  CHECK(shell.good("package create bulk", {{"dir", folder.path("d")},
                                           {"base-url", "https://h/p"}}) == "Total=2 Errors=0\n");
  CHECK(shell.said == "created one_info.json\ncreated two_info.json\n");
  CHECK(has(shell.good("package list", in_app()), "https://h/p/one_x.gz"));
  REQUIRE(replace_file(real_disk(), folder.path("d/three_info.json"), "no JSON"));
  const auto again = shell.run("package create bulk", {{"dir", folder.path("d")}});
  CHECK(has(again.error().message(), "Total=3 Errors=3"));
  CHECK(has(again.error().message(), "three_info.json: "));
  const auto upload = shell.run("package upload bulk", {{"dir", folder.path("d")}});
  CHECK(has(upload.error().message(), "hosts no packages"));
  CHECK(
      has(shell.run("package download bulk", in_app({{"dir", folder.path("e")}})).error().message(),
          "some were not downloaded"));
  CHECK(real_disk().list(folder.path("e"))->empty());
  CHECK(shell.good("package download bulk",
                   in_app({{"dir", folder.path("e")}, {"min-version", "3"}})) ==
        "Total=0 Errors=0\n");
}

TEST_CASE("what prints a table prints JSON when it is asked to") {
  const Folder folder;
  const Service service(cm::Keyring{});
  Shell shell(service.port());
  offer(shell, folder, "2.0.0");
  const auto group = in_app({{"group-id", std::string(kStable)}});
  for (const char* name :
       {"app list", "channel list", "package list", "group list", "group pause", "group unpause",
        "group versions", "group events", "rollout", "instance list-updates",
        "instance list-app-versions", "status", "admin-user list", "database init"}) {
    CAPTURE(name);
    CHECK(json::parse(shell.good(name, group, {}, true)));
  }
  auto more = group;
  more["update-percent"] = "10";
  CHECK(json::parse(shell.good("group percent", more, {}, true)));
  CHECK(json::parse(shell.good("rollout create linear", group, {}, true)));
  CHECK(json::parse(shell.good("admin-user create", {{"role", "viewer"}}, {"vera"}, true)));
  CHECK(json::parse(shell.good("admin-user delete", {}, {"vera"}, true)));
  const json::Value made = *json::parse(shell.good("app create", {{"label", "x"}}, {}, true));
  CHECK(json::parse(
      shell.good("app delete", {{"app-id", std::string(made.text_of("id"))}}, {}, true)));
}

TEST_CASE("columns as tabwriter has them") {
  CHECK(to_table({{"Id", "Label"}, {"12345678", "x"}}) == "Id\t\tLabel\n12345678\tx\n");
  CHECK(to_table({{"1234567", "a"}}) == "1234567\ta\n");
}

TEST_CASE("addresses of servers") {
  CHECK(parse_server("http://localhost:8000/")->port == 8000);
  CHECK(parse_server("https://updates.example")->port == 443);
  CHECK(parse_server("https://updates.example")->is_secure);
  CHECK_FALSE(parse_server("localhost:8000"));
}

}  // namespace argosy::update_service::ctl
