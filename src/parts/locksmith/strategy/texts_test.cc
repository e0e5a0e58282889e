#include "parts/locksmith/strategy/texts.h"

#include <doctest/doctest.h>

namespace argosy::locksmith {
namespace {

TEST_CASE("the coordinator file") {
  const std::string text = coordinator_text("etcd-lock", Coordination::kRebootPlanned);
  CHECK_EQ(text, "NAME=locksmithd\nSTRATEGY=etcd-lock\nSTATE=reboot-planned");
  CHECK_EQ(coordinator_value(text, "STATE"), "reboot-planned");
  CHECK_EQ(coordinator_value("STATE=disabled\nNAME=other\n", "NAME"), "other");
  CHECK_FALSE(coordinator_value(text, "TATE"));
  CHECK_FALSE(coordinator_value("", "STATE"));
}

TEST_CASE("the broadcast") {
  const std::string blank = "\r" + std::string(79, ' ') + "\r\n";
  const std::string text = broadcast_text("now", "System reboot in 5 minutes!");
  CHECK_EQ(text, blank + "Broadcast message from locksmithd at now:" + std::string(38, ' ') +
                     "\a\a\r\nSystem reboot in 5 minutes!" + std::string(52, ' ') + "\r\n" + blank);
  const std::string cut = broadcast_text(std::string(60, 'x'), std::string(100, 'y'));
  CHECK_EQ(cut, blank + "Broadcast message from locksmithd at " + std::string(42, 'x') +
                    "\a\a\r\n" + std::string(79, 'y') + "\r\n" + blank);
}

TEST_CASE("times as Go prints them") {
  const WallTime time(seconds(1'764'000'000) + milliseconds(250));
  CHECK_EQ(go_time_text(time, 3600, "CET", seconds(3) + nanoseconds(1)),
           "2025-11-24 17:00:00.25 +0100 CET m=+3.000000001");
  CHECK_EQ(go_time_text(WallTime(seconds(0)), -12600, "NST", Duration(0)),
           "1969-12-31 20:30:00 -0330 NST m=+0.000000000");
}

}  // namespace
}  // namespace argosy::locksmith
