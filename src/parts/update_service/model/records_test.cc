#include "parts/update_service/model/records.h"

#include <doctest/doctest.h>

#include "parts/update_service/model/catalog.h"

namespace argosy::update_service::model {

TEST_CASE("intervals are read as Nebraska writes them and said the same way") {
  struct Case {
    std::string text;
    Duration length;
    std::string said;
  };
  for (const Case& c : std::vector<Case>{{"1 minutes", minutes(1), "1 minutes"},
                                         {"60 minutes", minutes(60), "60 minutes"},
                                         {"1 hours", hours(1), "60 minutes"},
                                         {"2 days", hours(48), "48 hours"},
                                         {"1 day", hours(24), "24 hours"},
                                         {"90 seconds", seconds(90), "90 seconds"},
                                         {"1h30m", minutes(90), "90 minutes"},
                                         {"15m", minutes(15), "15 minutes"}}) {
    CAPTURE(c.text);
    const auto read = parse_interval(c.text);
    REQUIRE(read);
    CHECK(*read == c.length);
    CHECK(interval_text(*read) == c.said);
  }
  for (const char* bad :
       {"", "minutes", "-1 minutes", "1 fortnight", "99999999 days", "1.5 days", "-5m"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_interval(bad));
  }
}

TEST_CASE("a machine's arch comes from its board, then from its system") {
  CHECK(arch_of("amd64-usr", "arm") == Arch::kAmd64);
  CHECK(arch_of("arm64-usr", "x64") == Arch::kAarch64);
  CHECK(arch_of("", "arm") == Arch::kAarch64);
  CHECK(arch_of("", "x64") == Arch::kAmd64);
  CHECK(arch_of("other", "") == Arch::kAmd64);
}

TEST_CASE("UUIDs are taken in any form that clients write") {
  const std::string uuid = "e96281a6-d1af-4bde-9a0a-97b76e56dc57";
  CHECK(normal_uuid(uuid) == uuid);
  CHECK(normal_uuid("{E96281A6-D1AF-4BDE-9A0A-97B76E56DC57}") == uuid);
  CHECK_FALSE(normal_uuid(""));
  CHECK_FALSE(normal_uuid("e96281a6d1af4bde9a0a97b76e56dc57"));
  CHECK_FALSE(normal_uuid("{e96281a6-d1af-4bde-9a0a-97b76e56dc5}"));
  CHECK_FALSE(normal_uuid("g96281a6-d1af-4bde-9a0a-97b76e56dc57"));
}

TEST_CASE("a ramp grows frame by frame from nobody to all") {
  const Ramp ramp{.start = WallTime(hours(100)), .length = hours(10), .frame = hours(1)};
  CHECK(percent_at(ramp, WallTime(hours(99))) == 0);
  CHECK(percent_at(ramp, WallTime(hours(100))) == 0);
  CHECK(percent_at(ramp, WallTime(hours(101) - seconds(1))) == 0);
  CHECK(percent_at(ramp, WallTime(hours(101))) == 10);
  CHECK(percent_at(ramp, WallTime(hours(105))) == 50);
  CHECK(percent_at(ramp, WallTime(hours(110))) == 100);
}

TEST_CASE("a default catalog is found by what machines say") {
  const Catalog catalog = default_catalog();
  const Application* application = catalog.application("{E96281A6-d1af-4bde-9a0a-97b76e56dc57}");
  REQUIRE(application != nullptr);
  const auto group = [&](std::string_view track, Arch arch) -> std::string {
    const Group* found = catalog.group_of_track(*application, track, arch);
    return found == nullptr ? "" : found->id;
  };
  CHECK(group("stable", Arch::kAmd64) == "9a2deb70-37be-4026-853f-bfdd6b347bbe");
  CHECK(group("stable", Arch::kAarch64) == "11a585f6-9418-4df0-8863-78b2fd3240f8");
  CHECK(group("9A2deb70-37be-4026-853f-bfdd6b347bbe", Arch::kAarch64) ==
        "11a585f6-9418-4df0-8863-78b2fd3240f8");
  CHECK(group("9a2deb70-37be-4026-853f-bfdd6b347bbe", Arch::kX86) ==
        "9a2deb70-37be-4026-853f-bfdd6b347bbe");
  CHECK(group("stable", Arch::kX86).empty());
  CHECK(group("", Arch::kAmd64).empty());
  CHECK(group("none", Arch::kAmd64).empty());
  for (const Group& each : catalog.groups) CHECK(check_valid(each));
  for (const Channel& each : catalog.channels) CHECK(check_valid(each));
}

TEST_CASE("what a channel offers: floors in order, without what is blacklisted") {
  Catalog catalog = default_catalog();
  Channel& channel = catalog.channels.front();
  for (const char* version : {"3.0.0", "1.10.0", "1.9.0", "2.0.0"}) {
    Package package;
    package.id = version;
    package.version = version;
    catalog.packages.push_back(package);
  }
  CHECK_FALSE(offer_of(catalog, nullptr).target);
  CHECK_FALSE(offer_of(catalog, &channel).target);
  channel.package_id = "3.0.0";
  channel.floors = {{"1.10.0", ""}, {"1.9.0", ""}, {"2.0.0", ""}, {"gone", ""}};
  channel.blacklist = {"2.0.0"};
  const auto offer = offer_of(catalog, &channel);
  CHECK(offer.target == "3.0.0");
  CHECK(offer.floors == std::vector<std::string>{"1.9.0", "1.10.0"});
  CHECK_FALSE(offer.is_target_blacklisted);
}

TEST_CASE("what cannot be kept is refused with its name") {
  Package package;
  package.version = "1.2.3";
  package.filename = "update.gz";
  CHECK(check_valid(package));
  const auto refused = [](auto value, auto change) {
    change(value);
    const auto checked = check_valid(value);
    return checked ? std::string() : checked.error().message();
  };
  CHECK(refused(package, [](Package& p) { p.filename = "../x"; }) ==
        "\"../x\" is no name of a file");
  CHECK(refused(package, [](Package& p) { p.url = "ftp://x/"; }) ==
        "\"ftp://x/\" is no URL of http or https");
  CHECK(refused(package, [](Package& p) { p.sha256 = "AAAA"; }) ==
        "the SHA-256 is no base64 of 32 bytes: \"AAAA\"");
  CHECK(refused(package, [](Package& p) { p.extra_files = {{.name = "update.gz"}}; }) ==
        "two files are called \"update.gz\"");
  CHECK_FALSE(refused(package, [](Package& p) { p.version = "one"; }).empty());
  Channel channel{.name = "x", .color = "#1fbb86", .package_id = "p", .blacklist = {"p"}};
  CHECK(refused(channel, [](Channel&) {}) == "the channel's package is on its blacklist");
  CHECK(refused(channel, [](Channel& c) { c.color = "red"; }) ==
        "\"red\" is no color such as #1fbb86");
  Group group;
  CHECK(refused(group, [](Group&) {}) == "the group's name is empty");
  group.name = "g";
  CHECK(check_valid(group));
  CHECK(refused(group, [](Group& g) { g.policy.percent = 101; }) == "the percentage is above 100");
  CHECK(refused(group, [](Group& g) { g.policy.timeout = Duration::zero(); }) ==
        "the timeout is not between a second and a year");
}

}  // namespace argosy::update_service::model
