#include <cstring>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utmp.h>

#include "parts/locksmith/host/coordinator.h"
#include "parts/locksmith/host/local_zone.h"
#include "parts/locksmith/host/machine_id.h"
#include "parts/locksmith/host/peers.h"
#include "parts/locksmith/host/terminals.h"

namespace argosy::locksmith {
namespace {

namespace fs = std::filesystem;

class Root {
 public:
  Root() {
    char pattern[] = "/tmp/argosy-locksmith-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Root() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }
  void write(const std::string& name, const std::string& content) const {
    fs::create_directories(fs::path(path_ + "/" + name).parent_path());
    std::ofstream(path_ + "/" + name) << content;
  }
  std::string read(const std::string& name) const {
    std::stringstream all;
    all << std::ifstream(path_ + "/" + name).rdbuf();
    return all.str();
  }

 private:
  std::string path_;
};

TEST_CASE("the machine's id") {
  const Root root;
  CHECK_EQ(machine_id(real_disk(), root.path()), "");
  root.write("etc/machine-id", "69d27b356a94476da859461d3a3bc6fd\n");
  CHECK_EQ(machine_id(real_disk(), root.path()), "69d27b356a94476da859461d3a3bc6fd");
}

TEST_CASE("the coordinator file belongs to one") {
  const Root root;
  const std::string name = "run/update-engine/coordinator.conf";
  auto first = Coordinator::take(real_disk(), root.path(), "etcd-lock");
  REQUIRE(first);
  CHECK_FALSE((*first)->was_rebooting());
  CHECK((*first)->publish(Coordination::kRunning));
  CHECK_EQ(root.read(name), "NAME=locksmithd\nSTRATEGY=etcd-lock\nSTATE=running");
  CHECK_EQ(fs::status(root.path() + "/" + name).permissions(), fs::perms(0644));
  // The lock moved with the new content.
  const auto second = Coordinator::take(real_disk(), root.path(), "reboot");
  REQUIRE_FALSE(second);
  CHECK_EQ(second.error().code(), Code::kFailedPrecondition);
  CHECK((*first)->publish(Coordination::kRebooting));
  first->reset();
  auto third = Coordinator::take(real_disk(), root.path(), "reboot");
  REQUIRE(third);
  CHECK((*third)->was_rebooting());
  CHECK((*third)->publish(Coordination::kStarting));
  third->reset();
  root.write(name, "STATE=rebooting\nNAME=somebody-else\n");
  CHECK_FALSE((*Coordinator::take(real_disk(), root.path(), "reboot"))->was_rebooting());
}

TEST_CASE("a broadcast reaches the terminals that can be opened") {
  const Root root;
  CHECK_EQ(broadcast(root.path(), "hello", WallTime(seconds(0)), Duration(0)), 0);
  fs::create_directories(root.path() + "/var/run");
  {
    std::ofstream file(root.path() + "/var/run/utmp", std::ios::binary);
    for (const char* line : {"tty1", "pts/7", "", "gone"}) {
      utmp entry{};
      entry.ut_type = USER_PROCESS;
      std::strncpy(entry.ut_line, line, sizeof entry.ut_line - 1);
      file.write(reinterpret_cast<const char*>(&entry), sizeof entry);
    }
  }
  root.write("dev/tty1", "");
  root.write("dev/pts/7", "");
  CHECK_EQ(broadcast(root.path(), "System reboot in 5 minutes!", WallTime(seconds(0)), Duration(0)),
           2);
  const std::string text = root.read("dev/pts/7");
  CHECK_EQ(text, root.read("dev/tty1"));
  CHECK(text.find("Broadcast message from locksmithd at 19") != std::string::npos);
  CHECK(text.find("\r\nSystem reboot in 5 minutes!     ") != std::string::npos);
}

TEST_CASE("a status of update_engine") {
  using systemd::Value;
  const auto status = parse_status({Value(int64_t{7}), Value(0.5), Value("UPDATE_STATUS_IDLE"),
                                    Value("1.2.3"), Value(int64_t{99})});
  REQUIRE(status);
  CHECK_EQ(status->text(),
           "LastCheckedTime=7 Progress=0.5 CurrentOperation=\"UPDATE_STATUS_IDLE\" "
           "NewVersion=1.2.3 NewSize=99");
  CHECK_FALSE(parse_status({Value("x")}));
  CHECK_FALSE(parse_status({}));
}

}  // namespace
}  // namespace argosy::locksmith
