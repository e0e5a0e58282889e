#include "parts/update_engine/daemon/host.h"

#include <doctest/doctest.h>

#include "sim/disk/sim_disk.h"

namespace argosy::update_engine {
namespace {

void put(Disk& disk, const std::string& path, std::string_view content) {
  REQUIRE(disk.make_directories(parent_path(path), 0755).has_value());
  REQUIRE(replace_file(disk, path, content).has_value());
}

Options options_below(const std::string& root) {
  const auto options = parse_options({"--root", root});
  REQUIRE(options.has_value());
  return *options;
}

TEST_CASE("a machine with nothing on it") {
  sim::SimDisk disk;
  const Situation situation = read_situation(disk, options_below("/machine"));
  CHECK(situation.family == Family::kCoreOs);
  CHECK(situation.config.is_default_server(Family::kCoreOs));
  CHECK_EQ(situation.config.track, "stable");
  CHECK_EQ(situation.config.app_version, "");
  CHECK_EQ(situation.boot_id, "");
  CHECK_EQ(situation.machine_id, "");
  CHECK_FALSE(situation.hardware.empty());
  CHECK(situation.is_official);
  CHECK_FALSE(static_cast<bool>(situation.verify_statement));
}

TEST_CASE("all files below the root, the first with a key decides") {
  sim::SimDisk disk;
  put(disk, "/machine/etc/flatcar/update.conf", "GROUP=beta\nDOWNGRADES=allow\n");
  put(disk, "/machine/usr/share/flatcar/update.conf", "GROUP=alpha\nDELTAS=refuse\n");
  put(disk, "/machine/usr/share/flatcar/release", "FLATCAR_RELEASE_VERSION=1.2.3\n");
  put(disk, "/machine/usr/share/oem/oem-release", "ID=ec2\n");
  put(disk, "/machine/etc/machine-id", "0123\n");
  put(disk, "/machine/proc/sys/kernel/random/boot_id", "abcd-ef\n");
  put(disk, "/machine/root/.dev_mode", "");
  put(disk, "/etc/coreos/update.conf", "GROUP=elsewhere\n");
  const Situation situation = read_situation(disk, options_below("/machine/"));
  CHECK(situation.family == Family::kFlatcar);
  CHECK_EQ(situation.config.track, "beta");
  CHECK_EQ(situation.config.app_version, "1.2.3");
  CHECK_EQ(situation.config.oem, "ec2");
  CHECK_EQ(situation.policy, Policy{.accepts_deltas = false, .allows_downgrades = true});
  CHECK_EQ(situation.machine_id, "0123");
  CHECK_EQ(situation.boot_id, "{abcd-ef}");
  CHECK_FALSE(situation.is_official);
}

TEST_CASE("keys that can't be read let no statement pass") {
  sim::SimDisk disk;
  put(disk, std::string(kChannelKeys), "no key at all\n");
  const Situation situation = read_situation(disk, options_below("/"));
  REQUIRE(static_cast<bool>(situation.verify_statement));
  CHECK_FALSE(situation.verify_statement("{}", WallTime(seconds(1)), 0).has_value());
}

TEST_CASE("options that can't be") {
  CHECK_FALSE(parse_options({"-time_divisor=0"}).has_value());
  CHECK_FALSE(parse_options({"-family=ubuntu"}).has_value());
  CHECK_FALSE(parse_options({"-frobnicate"}).has_value());
  const auto options = parse_options({"-foreground", "-logtostderr", "--root=/r"});
  REQUIRE(options.has_value());
  CHECK(options->foreground);
  CHECK_EQ(options->path("/etc/x"), "/r/etc/x");
  CHECK_EQ(options->shortened(seconds(45)), seconds(45));
}

}  // namespace
}  // namespace argosy::update_engine
