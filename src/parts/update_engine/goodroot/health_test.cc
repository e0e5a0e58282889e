#include "parts/update_engine/goodroot/health.h"

#include <doctest/doctest.h>

#include "sim/disk/sim_disk.h"

namespace argosy::update_engine {
namespace {

void put(Disk& disk, const std::string& path, std::string_view text) {
  REQUIRE(disk.make_directories(parent_path(path), 0755));
  REQUIRE(replace_file(disk, path, text));
}

TEST_CASE("a file of units") {
  const auto gate = parse_health(
      "# what we need\n[Health]\nUnit=etcd.service\n Unit = a@b.socket \n"
      "Unit=etcd.service\nTimeoutSec=90\n\n");
  REQUIRE(gate);
  CHECK_EQ(gate->units, std::vector<std::string>{"etcd.service", "a@b.socket"});
  CHECK_EQ(gate->limit, seconds(90));
}

TEST_CASE("what is no such file") {
  for (const char* text : {"Unit", "Unit=", "Unit=etcd", "Unit=.service", "Unit=a b.service",
                           "TimeoutSec=0", "TimeoutSec=-1s", "TimeoutSec=5m", "TimeoutSec=soon",
                           "Units=a.service", "unit=a.service"}) {
    CAPTURE(text);
    const auto gate = parse_health(text);
    REQUIRE_FALSE(gate);
    CHECK_EQ(gate.error().code(), Code::kInvalidArgument);
  }
}

TEST_CASE("the first directory hides the second, the longest limit counts") {
  sim::SimDisk disk;
  CHECK(read_health(disk, "/")->is_open());
  put(disk, "/usr/lib/update_engine/health.d/10.conf", "Unit=a.service\nTimeoutSec=5\n");
  put(disk, "/usr/lib/update_engine/health.d/20.conf", "Unit=b.service\nTimeoutSec=7\n");
  put(disk, "/usr/lib/update_engine/health.d/notes", "Unit=d.service\n");
  const auto both = read_health(disk, "/");
  REQUIRE(both);
  CHECK_EQ(both->units, std::vector<std::string>{"a.service", "b.service"});
  CHECK_EQ(both->limit, seconds(7));
  put(disk, "/etc/update_engine/health.d/20.conf", "");
  put(disk, "/etc/update_engine/health.d/10.conf", "Unit=c.service\n");
  const auto masked = read_health(disk, "/");
  REQUIRE(masked);
  CHECK_EQ(masked->units, std::vector<std::string>{"c.service"});
  CHECK_EQ(masked->limit, kDefaultHealthLimit);
  put(disk, "/etc/update_engine/health.d/30.conf", "nonsense\n");
  CHECK_FALSE(read_health(disk, "/"));
}

}  // namespace
}  // namespace argosy::update_engine
