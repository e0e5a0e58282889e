#include "parts/locksmith/hooks/hooks.h"

#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "sys/file/disk.h"

namespace argosy::locksmith {
namespace {

namespace fs = std::filesystem;
using Lines = std::vector<std::string>;

class Root {
 public:
  Root() {
    char pattern[] = "/tmp/argosy-hooks-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
  }
  ~Root() { fs::remove_all(path_); }
  const std::string& path() const { return path_; }
  void script(const std::string& name, const std::string& body, bool is_executable = true) const {
    const fs::path file = path_ + "/" + name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    if (is_executable) fs::permissions(file, fs::perms(0755));
  }
  Lines find(std::string_view kind) const {
    Lines names;
    for (const std::string& path : find_hooks(real_disk(), path_, kind)) {
      names.push_back(path.substr(path_.size() + 1));
    }
    return names;
  }

 private:
  std::string path_;
};

Task<void> run_and_stop(UvLoop* loop, HookPlan plan, Lines* lines, Result<void>* outcome) {
  *outcome = co_await result(
      run_hooks(*loop, std::move(plan), [lines](std::string_view name, std::string_view line) {
        lines->push_back(format("{}: {}", name, line));
      }));
  loop->stop();
}

std::pair<Result<void>, Lines> run(const Root& root, Duration limit = seconds(20)) {
  UvLoop loop;
  Scope scope(loop);
  Lines lines;
  Result<void> outcome;
  HookPlan plan{find_hooks(real_disk(), root.path(), "before-reboot"), limit, {"NEW=yes"}};
  loop.post([&] { scope.spawn(run_and_stop(&loop, std::move(plan), &lines, &outcome)); });
  loop.run();
  return {outcome, lines};
}

TEST_CASE("which scripts run, and in what order") {
  const Root root;
  CHECK(root.find("before-reboot").empty());
  root.script("usr/lib/locksmith/before-reboot.d/20-b", "");
  root.script("usr/lib/locksmith/before-reboot.d/30-c", "");
  root.script("usr/lib/locksmith/before-reboot.d/40-off", "");
  root.script("etc/locksmith/before-reboot.d/10-a", "");
  root.script("etc/locksmith/before-reboot.d/30-c", "");
  root.script("etc/locksmith/before-reboot.d/40-off", "", false);
  root.script("etc/locksmith/before-reboot.d/50-old~", "");
  root.script("etc/locksmith/after-reboot.d/10-z", "");
  CHECK_EQ(root.find("before-reboot"),
           Lines{"etc/locksmith/before-reboot.d/10-a", "usr/lib/locksmith/before-reboot.d/20-b",
                 "etc/locksmith/before-reboot.d/30-c"});
  CHECK_EQ(root.find("after-reboot"), Lines{"etc/locksmith/after-reboot.d/10-z"});
}

TEST_CASE("output and environment") {
  const Root root;
  root.script("etc/locksmith/before-reboot.d/10-a", "echo one; echo two >&2; echo $NEW");
  root.script("etc/locksmith/before-reboot.d/20-b", "echo three; read x; echo end $x");
  const auto [outcome, lines] = run(root);
  CHECK(outcome);
  CHECK_EQ(lines, Lines{"10-a: one", "10-a: two", "10-a: yes", "20-b: three", "20-b: end"});
}

TEST_CASE("the first that fails is the last") {
  const Root root;
  root.script("etc/locksmith/before-reboot.d/10-a", "echo busy; exit 3");
  root.script("etc/locksmith/before-reboot.d/20-b", "echo never");
  const auto [outcome, lines] = run(root);
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().text(), "10-a: exit code 3");
  CHECK_EQ(lines, Lines{"10-a: busy"});
}

TEST_CASE("a script that hangs is killed with all that it started") {
  const Root root;
  const std::string pid_file = root.path() + "/pid";
  root.script("etc/locksmith/before-reboot.d/10-a",
              "echo waiting; sleep 1000 & echo $! > " + pid_file + "; wait");
  const auto [outcome, lines] = run(root, milliseconds(700));
  REQUIRE_FALSE(outcome);
  CHECK_EQ(outcome.error().text(), "10-a: still running after 700ms");
  CHECK_EQ(lines, Lines{"10-a: waiting"});
  int pid = 0;
  std::ifstream(pid_file) >> pid;
  REQUIRE_GT(pid, 0);
  bool is_gone = false;
  for (int i = 0; i < 100 && !is_gone; ++i) {
    std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
    std::string number;
    std::string name;
    std::string state;
    is_gone = !(stat >> number >> name >> state) || state == "Z";
    ::usleep(20'000);
  }
  CHECK(is_gone);
}

TEST_CASE("a script that leaves something behind holds nobody up") {
  const Root root;
  root.script("etc/locksmith/before-reboot.d/10-a", "echo first; sleep 3 & exit 0");
  const auto before = std::chrono::steady_clock::now();
  const auto [outcome, lines] = run(root);
  CHECK(outcome);
  CHECK_EQ(lines, Lines{"10-a: first"});
  CHECK_LT(std::chrono::steady_clock::now() - before, seconds(2));
}

TEST_CASE("a program that does not exist") {
  const Root root;
  const fs::path file = root.path() + "/etc/locksmith/before-reboot.d/10-a";
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "#!/no/such/interpreter\n";
  fs::permissions(file, fs::perms(0755));
  const auto [outcome, lines] = run(root);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().text().starts_with("10-a: exec "));
}

}  // namespace
}  // namespace argosy::locksmith
