// Stories of fleets (testdata/story_*.txt): each line is done on a fresh database, and what
// stands behind "->" is what comes of it. On SQLite, and on PostgreSQL as well when
// ARGOSY_POSTGRES says where one is.
//
//   package VERSION [from=VERSION] [files=N]   a package of amd64, or a delta
//   channel VERSION [floors=V,V] [blacklist=V] [forced]   what "stable" offers
//   policy KEY=VALUE...       max, period, timeout (seconds), percent, and the words safe,
//                             office, disabled, hurry
//   wait SECONDS
//   check MACHINE VERSION [track=T] [arch=BOARD] [delta] [several] [demand] [event=T/R[/CODE]]
//                             [previous=VERSION]
//   event MACHINE VERSION T/R[/CODE] [previous=VERSION]
//   status MACHINE, history MACHINE, activity, group, counts
#include <cstdlib>
#include <doctest/doctest.h>
#include <map>

#include "base/format.h"
#include "base/text.h"
#include "parts/update_service/answer/answer.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/desk.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/statistics.h"
#include "sys/file/disk.h"

namespace argosy::update_service {
namespace {

constexpr std::string_view kStable = "9a2deb70-37be-4026-853f-bfdd6b347bbe";

struct Words {
  std::string verb;
  std::vector<std::string> plain;
  std::map<std::string, std::string> named;

  explicit Words(std::string_view line) {
    for (const std::string_view word : split(line, ' ')) {
      if (word.empty()) continue;
      if (verb.empty()) {
        verb = word;
      } else if (const auto sides = cut(word, "=")) {
        named[std::string(sides->first)] = sides->second;
      } else {
        plain.emplace_back(word);
      }
    }
  }
  bool has(std::string_view word) const { return std::ranges::find(plain, word) != plain.end(); }
  std::string value(const std::string& name, std::string otherwise = "") const {
    const auto place = named.find(name);
    return place == named.end() ? otherwise : place->second;
  }
  int64_t number(const std::string& name, int64_t otherwise) const {
    return parse_int(value(name)).value_or(otherwise);
  }
};

template <typename T>
T must(Result<T> outcome) {
  if (!outcome) FAIL(outcome.error().text());
  return *std::move(outcome);
}
void must(Result<void> outcome) {
  if (!outcome) FAIL(outcome.error().text());
}

class Story {
 public:
  explicit Story(std::unique_ptr<sql::Database> database) : database_(std::move(database)) {
    if (database_->kind() == sql::Database::Kind::kPostgres) {
      must(database_->run_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
    }
    must(sql::migrate(*database_, store::steps()));
    REQUIRE(must(store::add_defaults(*database_, now_)));
    REQUIRE_FALSE(must(store::add_defaults(*database_, now_)));
  }

  std::string run(std::string_view line) {
    const Words words(line);
    auto transaction = must(sql::Transaction::begin(*database_));
    std::string said = act(words);
    must(transaction.commit());
    return said;
  }

 private:
  std::string act(const Words& words) {
    if (words.verb == "package") return add_package(words);
    if (words.verb == "channel") return set_channel(words);
    if (words.verb == "policy") return set_policy(words);
    if (words.verb == "check") return ask(words, true);
    if (words.verb == "event") return ask(words, false);
    if (words.verb == "wait") {
      now_ += seconds(*parse_int(words.plain.at(0)));
      return "";
    }
    return look(words);
  }

  std::string look(const Words& words) {
    if (words.verb == "status") return status_of(words.plain.at(0));
    if (words.verb == "history") return history_of(words.plain.at(0));
    if (words.verb == "activity") return activity();
    if (words.verb == "group") return group_text();
    if (words.verb == "counts") return counts_text();
    FAIL(words.verb);
    return "";
  }

  std::string add_package(const Words& words) {
    model::Package package;
    package.application_id = model::kContainerLinuxId;
    package.version = words.plain.at(0);
    package.source_version = words.value("from");
    package.url = format("http://files.example/{}", package.version);
    package.filename = package.is_delta() ? "delta.gz" : "update.gz";
    package.size = 1000;
    package.sha256 = to_base64(Bytes(32, 'x'));
    for (int64_t i = 0; i < words.number("files", 0); ++i) {
      package.extra_files.push_back({.name = format("oem-{}.gz", i), .size = 5});
    }
    package.id = format("{}<{}", package.version, package.source_version);
    must(store::add(*database_, package, now_));
    return "";
  }

  model::Catalog catalog() { return *must(store::load_catalog(*database_)); }

  std::string set_channel(const Words& words) {
    const model::Catalog all = catalog();
    model::Channel channel = *all.channel(model::kContainerLinuxId, "stable", model::Arch::kAmd64);
    channel.package_id = words.plain.at(0) == "none" ? "" : words.plain.at(0) + "<";
    channel.forces_rollback = words.has("forced");
    channel.floors.clear();
    channel.blacklist.clear();
    for (const auto version : split(words.value("floors"), ',')) {
      if (!version.empty()) channel.floors.push_back({format("{}<", version), "a reason"});
    }
    if (!words.value("blacklist").empty()) channel.blacklist = {words.value("blacklist") + "<"};
    must(store::change(*database_, channel, now_));
    return "";
  }

  std::string set_policy(const Words& words) {
    model::Group group = *catalog().group(kStable);
    Policy policy;
    policy.max_updates = static_cast<uint32_t>(words.number("max", 999'999));
    policy.period = seconds(words.number("period", 60));
    policy.timeout = seconds(words.number("timeout", 3600));
    policy.percent = static_cast<uint32_t>(words.number("percent", 100));
    policy.safe_mode = words.has("safe");
    policy.office_hours = words.has("office");
    policy.updates_enabled = !words.has("disabled");
    policy.hurries_on_demand = words.has("hurry");
    group.policy = policy;
    must(store::change(*database_, group));
    return "";
  }

  omaha::Event event_of(const std::string& text, const Words& words) {
    const auto parts = split(text, '/');
    omaha::Event event;
    event.type = static_cast<omaha::EventType>(*parse_int(parts.at(0)));
    event.result = static_cast<omaha::EventResult>(*parse_int(parts.at(1)));
    if (parts.size() > 2) event.error_code = static_cast<int>(*parse_int(parts.at(2)));
    event.previous_version = words.value("previous");
    return event;
  }

  std::string ask(const Words& words, bool is_check) {
    omaha::Request request;
    request.install_source = words.has("demand") ? "ondemandupdate" : "scheduler";
    omaha::AppRequest app;
    app.id = words.value("app", "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}");
    app.machine_id = words.plain.at(0);
    app.version = words.plain.at(1);
    app.track = words.value("track", "stable");
    app.board = words.value("arch", "amd64-usr");
    app.delta_okay = words.has("delta");
    app.multi_manifest_okay = words.has("several");
    if (is_check) app.update_check.emplace();
    const std::string event = is_check ? words.value("event") : words.plain.at(2);
    if (!event.empty()) app.events.push_back(event_of(event, words));
    request.apps.push_back(app);
    const Origin origin{.ip = "10.0.0.1", .base_url = "http://here"};
    return text_of(must(answerer_.answer(*database_, request, origin, now_)).apps.at(0));
  }

  static std::string text_of(const omaha::AppResponse& app) {
    if (!app.update) return app.status;
    if (app.update->status != "ok") {
      return app.status == "ok" ? app.update->status
                                : format("{} {}", app.status, app.update->status);
    }
    std::string text;
    for (const omaha::Manifest& manifest : app.update->manifests) {
      text += format("{}{}", text.empty() ? "" : " ", manifest.version);
      if (manifest.is_floor) text += format("(floor: {})", manifest.floor_reason);
      if (manifest.is_target) text += "(target)";
      if (manifest.actions.at(0).is_delta) text += "(delta)";
      if (manifest.actions.at(0).is_rollback) text += "(rollback)";
      if (manifest.packages.size() > 1) text += format("(+{})", manifest.packages.size() - 1);
    }
    return text;
  }

  std::string status_of(const std::string& machine) {
    const auto member = must(store::find_member(*database_, machine, model::kContainerLinuxId));
    if (!member) return "unknown";
    return format("{} {}", status_name(member->application.status), member->application.version);
  }

  std::string history_of(const std::string& machine) {
    std::string text;
    auto changes =
        must(store::status_history(*database_, machine, model::kContainerLinuxId, "", 100));
    for (const model::StatusChange& change : changes) {
      text +=
          format("{}{} {}", text.empty() ? "" : ", ", status_name(change.status), change.version);
      if (change.error_code != 0) text += format(" ({})", change.error_code);
    }
    return text;
  }

  std::string activity() {
    constexpr const char* kNames[] = {"",       "no-package", "started", "finished",
                                      "failed", "instance",   "channel"};
    std::string text;
    for (const model::Activity& each : must(store::list_activity(*database_, {}))) {
      text += format("{}{} {}{}", text.empty() ? "" : ", ", kNames[static_cast<int>(each.kind)],
                     each.version, each.instance_id.empty() ? "" : " " + each.instance_id);
    }
    return text;
  }

  std::string group_text() {
    const model::Group group = *catalog().group(kStable);
    return format("{} {}", group.policy.updates_enabled ? "enabled" : "disabled",
                  group.is_rolling_out ? "rolling" : "still");
  }

  std::string counts_text() {
    std::string text;
    for (const auto& share : must(store::version_breakdown(*database_, kStable))) {
      text += format("{}:{} ", share.version, share.instances);
    }
    for (const auto& [status, n] : must(store::status_breakdown(*database_, kStable))) {
      text += format("{}:{} ", status_name(status), n);
    }
    return std::string(trim(text));
  }

  std::unique_ptr<sql::Database> database_;
  Answerer answerer_{real_disk(), {}};
  // Monday, 23 November 2026, 12:00 in Berlin.
  WallTime now_{seconds(1795431600)};
};

void tell(const std::string& name, const std::function<std::unique_ptr<sql::Database>()>& open) {
  const auto text = read_file(real_disk(), format("testdata/{}", name));
  REQUIRE_MESSAGE(text, name);
  std::unique_ptr<Story> story;
  size_t number = 0;
  for (const std::string_view line : split(*text, '\n')) {
    ++number;
    if (trim(line).empty() || line.starts_with('#')) continue;
    if (line.starts_with("== ")) {
      story = std::make_unique<Story>(open());
      continue;
    }
    CAPTURE(name);
    CAPTURE(number);
    const auto sides = cut(line, " ->");
    const std::string said = story->run(sides ? sides->first : line);
    if (sides) CHECK(said == trim(sides->second));
  }
}

void tell_all(const std::function<std::unique_ptr<sql::Database>()>& open) {
  for (const std::string& name : must(real_disk().list("testdata"))) {
    if (name.starts_with("story_")) tell(name, open);
  }
}

}  // namespace

TEST_CASE("stories of fleets, on SQLite") {
  tell_all([] { return must(sql::open_sqlite(":memory:")); });
}

TEST_CASE("stories of fleets, on PostgreSQL") {
  const char* where = std::getenv("ARGOSY_POSTGRES");
  if (where == nullptr) return;
  tell_all([&] { return must(sql::open_postgres(where)); });
}

}  // namespace argosy::update_service
