#include "parts/update_service/store/desk.h"

#include <atomic>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <random>
#include <thread>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/fleet_store.h"
#include "parts/update_service/store/statistics.h"
#include "sys/random/random.h"

namespace argosy::update_service {
namespace {

struct Place {
  std::string path;
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "argosy-desk-XXXXXX");
    path = ::mkdtemp(pattern.data());
  }
  ~Place() { std::filesystem::remove_all(path); }
  std::string database() const { return path + "/db"; }
};

std::vector<sql::Step> steps() {
  return {store::steps().begin(), store::steps().end()};
}

std::unique_ptr<Desk> open_desk(Loop& loop, const std::string& database, size_t max_batch = 512) {
  auto desk = Desk::open(loop, {.database = database, .steps = steps(), .max_batch = max_batch});
  if (!desk) FAIL(desk.error().text());
  return *std::move(desk);
}

Task<void> stop_after(UvLoop* loop, Task<void> inner, std::optional<Error>* why) {
  const auto done = co_await result(std::move(inner));
  if (!done) *why = done.error();
  loop->stop();
}

void run(UvLoop& loop, Task<void> task) {
  std::optional<Error> why;
  Scope scope(loop);
  scope.spawn(stop_after(&loop, std::move(task), &why));
  loop.run();
  if (why) FAIL(why->text());
}

model::Application application_called(std::string name) {
  model::Application application;
  application.name = std::move(name);
  return application;
}

Task<void> add_one(Desk* desk, std::string name, int* added, int* taken) {
  const auto outcome =
      co_await result(desk->write<model::Application>([name](sql::Database& database) {
        return store::add(database, application_called(name), WallTime(hours(1)));
      }));
  ++*(outcome ? added : taken);
  if (!outcome) CHECK(outcome.error().code() == Code::kAlreadyExists);
}

Task<void> add_many(UvLoop* loop, Desk* desk) {
  int added = 0;
  int taken = 0;
  Scope scope(*loop);
  for (int i = 0; i < 300; ++i)
    scope.spawn(add_one(desk, format("name {}", i % 200), &added, &taken));
  co_await scope.join();
  CHECK(added == 200);
  CHECK(taken == 100);
  const auto catalog = co_await desk->read<model::CatalogView>(
      [](sql::Database& database) { return store::load_catalog(database); });
  CHECK(catalog->applications.size() == 200);
}

// Fifty machines ask at two desks at once; at most three may be given the update.
Result<bool> take_a_place(sql::Database& database, const std::string& machine) {
  constexpr std::string_view kGroup = "9a2deb70-37be-4026-853f-bfdd6b347bbe";
  const WallTime now{hours(500'000)};
  Policy policy;
  const Counts counts = TRY(store::counts_of(database, kGroup, "2.0.0", policy, now));
  if (counts.updating >= 3) return false;
  model::FleetMember member;
  member.instance.id = machine;
  member.application = {.instance_id = machine,
                        .application_id = std::string(model::kContainerLinuxId),
                        .group_id = std::string(kGroup),
                        .version = "1.0.0",
                        .status = Status::kGranted,
                        .created = now,
                        .last_check = now,
                        .granted_at = now,
                        .granted_version = "2.0.0",
                        .is_updating = true,
                        .is_active = true};
  TRY(store::save_member(database, std::nullopt, member, now));
  return true;
}

Task<void> ask_one(Desk* desk, std::string machine, std::atomic<int>* granted) {
  const bool is_granted = co_await desk->write<bool>(
      [machine](sql::Database& database) { return take_a_place(database, machine); });
  if (is_granted) ++*granted;
}

Task<void> ask_all(UvLoop* loop, Desk* desk, std::string prefix, std::atomic<int>* granted) {
  std::optional<Error> why;
  Scope scope(*loop, [&](const Error& error) { why = error; });
  for (int i = 0; i < 25; ++i) scope.spawn(ask_one(desk, format("{}{}", prefix, i), granted));
  co_await scope.join();
  if (why) co_await Result<void>(fail(*why));
}

void check_two_servers(const std::string& database) {
  std::atomic<int> granted{0};
  const auto serve = [&](const std::string& prefix) {
    UvLoop loop;
    const auto desk = open_desk(loop, database, 4);
    run(loop, ask_all(&loop, desk.get(), prefix, &granted));
  };
  std::thread other([&] { serve("b"); });
  serve("a");
  other.join();
  CHECK(granted == 3);
}

struct Model {
  std::map<std::string, model::FleetMember> members;

  std::map<std::string, uint64_t> versions(const std::string& group) const {
    std::map<std::string, uint64_t> counted;
    for (const auto& [id, member] : members) {
      const auto& application = member.application;
      if (application.is_active && application.group_id == group) ++counted[application.version];
    }
    return counted;
  }
};

template <typename T>
T must(Result<T> outcome) {
  if (!outcome) FAIL(outcome.error().text());
  return *std::move(outcome);
}

}  // namespace

TEST_CASE("writes that fail do not take the others of their transaction with them") {
  const Place place;
  UvLoop loop;
  const auto desk = open_desk(loop, place.database());
  run(loop, add_many(&loop, desk.get()));
  CHECK(desk->figures().batches < desk->figures().writes);
}

TEST_CASE("what was written is there after a restart") {
  const Place place;
  for (const int expected : {1, 2}) {
    UvLoop loop;
    const auto desk = open_desk(loop, place.database());
    int added = 0;
    int taken = 0;
    run(loop, add_one(desk.get(), format("name {}", expected), &added, &taken));
    CHECK(added == 1);
    auto database = must(sql::open_sqlite(place.database()));
    CHECK(must(store::load_catalog(*database))->applications.size() ==
          static_cast<size_t>(expected));
  }
}

TEST_CASE("two servers on one database give no more than one would: SQLite") {
  const Place place;
  check_two_servers(place.database());
}

TEST_CASE("two servers on one database give no more than one would: PostgreSQL") {
  const char* where = std::getenv("ARGOSY_POSTGRES");
  if (where == nullptr) return;
  const auto database = must(sql::open_postgres(where));
  REQUIRE(database->run_script("DROP SCHEMA public CASCADE; CREATE SCHEMA public"));
  check_two_servers(where);
}

TEST_CASE("the counters are what counting would give") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  SeededRandom random(seed);
  auto database = must(sql::open_sqlite(":memory:"));
  REQUIRE(sql::migrate(*database, store::steps()));
  Model model;
  WallTime now{hours(500'000)};
  for (int i = 0; i < 2000; ++i) {
    now += minutes(static_cast<int64_t>(random.below(5)));
    const std::string id = format("m{}", random.below(40));
    const auto before = must(store::find_member(*database, id, "app"));
    model::FleetMember after = before.value_or(model::FleetMember{});
    after.instance.id = id;
    after.application.instance_id = id;
    after.application.application_id = "app";
    after.application.group_id = random.below(2) == 0 ? "g1" : "g2";
    after.application.version = format("{}.0.0", 1 + random.below(3));
    after.application.status = static_cast<Status>(1 + random.below(8));
    after.application.is_updating = is_updating(after.application.status);
    after.application.last_check = now;
    after.application.is_active = true;
    REQUIRE(store::save_member(*database, before, after, now));
    model.members[id] = after;
    if (!random.chance(50)) continue;
    now += hours(13);
    REQUIRE(store::retire_absent(*database, now));
    for (auto& [name, member] : model.members) {
      if (member.application.last_check < now - hours(24)) member.application.is_active = false;
    }
    for (const char* group : {"g1", "g2"}) {
      std::map<std::string, uint64_t> counted;
      for (const auto& share : must(store::version_breakdown(*database, group))) {
        counted[share.version] = share.instances;
      }
      REQUIRE(counted == model.versions(group));
    }
  }
}

TEST_CASE("samples make timelines, lists have pages, absent machines are forgotten") {
  auto database = must(sql::open_sqlite(":memory:"));
  REQUIRE(sql::migrate(*database, store::steps()));
  const WallTime begin{hours(500'000)};
  for (int i = 0; i < 25; ++i) {
    model::FleetMember member;
    member.instance.id = format("machine{:02}", i);
    member.instance.ip = format("10.0.0.{}", i);
    member.application = {.instance_id = member.instance.id,
                          .application_id = "app",
                          .group_id = "g",
                          .version = i < 10 ? "1.0.0" : "2.0.0",
                          .status = Status::kComplete,
                          .last_check = begin + seconds(i),
                          .is_active = true};
    REQUIRE(store::save_member(*database, std::nullopt, member, begin));
  }
  REQUIRE(store::sample(*database, begin + minutes(1)));
  REQUIRE(store::sample(*database, begin + minutes(2)));
  const auto timeline =
      must(store::version_timeline(*database, "g", model::Span::kHour, begin + minutes(3)));
  REQUIRE(timeline.size() == 5);
  CHECK(timeline.rbegin()->second == std::map<std::string, uint64_t>{{"1.0.0", 10}, {"2.0.0", 15}});
  CHECK(timeline.begin()->second.empty());
  const auto statuses =
      must(store::status_timeline(*database, "g", model::Span::kHour, begin + minutes(3)));
  CHECK(statuses.rbegin()->second.at(Status::kComplete).at("2.0.0") == 15);
  store::InstanceFilter filter{.group_id = "g", .page = 3, .per_page = 10};
  CHECK(must(store::count_members(*database, filter)) == 25);
  const auto page = must(store::list_members(*database, filter));
  REQUIRE(page.size() == 5);
  CHECK(page.front().instance.id == "machine04");
  filter.search = "MACHINE1";
  filter.page = 1;
  CHECK(must(store::count_members(*database, filter)) == 10);
  filter.search = "%";
  CHECK(must(store::count_members(*database, filter)) == 0);
  REQUIRE(store::set_alias(*database, "machine07", "the seventh"));
  filter.search = "seventh";
  CHECK(must(store::list_members(*database, filter)).at(0).instance.shown_name() == "the seventh");
  CHECK_FALSE(store::set_alias(*database, "nobody", "x"));
  CHECK(must(store::retire_absent(*database, begin + hours(25))) == 25);
  CHECK(must(store::version_breakdown(*database, "g")).empty());
  CHECK(must(store::forget_absent(*database, begin + seconds(5))) == 5);
  CHECK(must(store::count_members(*database, {.group_id = "g"})) == 20);
}

TEST_CASE("history goes by its age, and nothing that is counted changes") {
  const WallTime begin(hours(500'000));
  const auto database = must(sql::open_sqlite(":memory:"));
  must(sql::migrate(*database, store::steps()));
  for (int i = 0; i < 12; ++i) {
    model::FleetMember member;
    member.instance.id = format("machine{:02}", i);
    member.application = {.instance_id = member.instance.id,
                          .application_id = "a",
                          .group_id = "g",
                          .version = "1.0.0",
                          .status = Status::kComplete,
                          .last_check = begin + hours(100 * 24),
                          .granted_version = {},
                          .is_active = true};
    const WallTime at = begin + hours(24 * 10 * i);
    must(store::save_member(*database, {}, member, at));
    must(store::add_event(*database, {.at = at,
                                      .instance_id = member.instance.id,
                                      .application_id = "a",
                                      .type = 3,
                                      .result = 2,
                                      .error_code = 0,
                                      .previous_version = {}}));
    must(store::add_activity(*database, {.at = at, .version = "1.0.0", .application_id = "a"}));
  }
  must(store::sample(*database, begin + hours(24 * 120)));
  const auto counted = [&] {
    const auto statuses = must(store::status_breakdown(*database, "g"));
    const auto counts = must(store::counts_of(*database, "g", "1.0.0", Policy{}, begin));
    const auto timeline =
        must(store::version_timeline(*database, "g", model::Span::kHour, begin + hours(24 * 120)));
    return std::tuple(must(store::version_breakdown(*database, "g")), statuses, counts.instances,
                      timeline, must(store::count_members(*database, {.group_id = "g"})));
  };
  const auto before = counted();
  CHECK(must(store::forget_history(*database, begin)) == 0);
  CHECK(must(store::forget_history(*database, begin + hours(24 * 45))) == 15);
  CHECK(must(store::forget_history(*database, begin + hours(24 * 45))) == 0);
  CHECK(counted() == before);
  CHECK(must(store::count_activity(*database, {})) == 7);
  CHECK(must(store::status_history(*database, "machine04", "a", "g", 10)).empty());
  CHECK(must(store::status_history(*database, "machine05", "a", "g", 10)).size() == 1);
  CHECK(must(store::events_of(*database, "machine05", "a", 10)).size() == 1);
}

}  // namespace argosy::update_service
