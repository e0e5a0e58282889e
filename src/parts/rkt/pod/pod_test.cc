#include "parts/rkt/pod/pod.h"

#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/wait.h>
#include <unistd.h>

#include "base/format.h"
#include "parts/rkt/pod/collect.h"
#include "sys/clock/clock.h"

namespace argosy::rkt {
namespace {

namespace fs = std::filesystem;

class Sandbox {
 public:
  Sandbox() {
    REQUIRE(::mkdtemp(path_.data()) != nullptr);
    pods.emplace(path_);
    REQUIRE(pods->prepare().has_value());
  }
  ~Sandbox() { fs::remove_all(path_); }
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  Pod create() { return *pods->create(real_random()); }
  std::string state(const std::string& uuid) const {
    const auto pod = pods->open(uuid);
    return pod ? std::string(name_of(pod->state())) : "gone";
  }
  const std::string& path() const { return path_; }

 private:
  std::string path_ = "/tmp/argosy-pods-XXXXXX";

 public:
  std::optional<Pods> pods;
};

struct Said {
  std::string out, err;
  Reporter reporter() {
    return {.say = [this](std::string_view line) { out.append(line) += '\n'; },
            .complain = [this](std::string_view line) { err.append(line) += '\n'; }};
  }
};

constexpr CollectOptions kAtOnce{.grace = Duration(0), .expires_prepared = Duration(0)};

TEST_CASE("a pod's states, as the directory and the lock say them") {
  struct Row {
    Place place;
    const char* locked;
    const char* free;
  };
  constexpr Row kRows[] = {{Place::kEmbryo, "embryo", "embryo"},
                           {Place::kPrepare, "preparing", "aborted prepare"},
                           {Place::kPrepared, "prepared", "prepared"},
                           {Place::kRun, "running", "exited"},
                           {Place::kExitedGarbage, "exited deleting", "exited garbage"},
                           {Place::kGarbage, "deleting", "garbage"}};
  for (const Row& row : kRows) {
    CHECK(name_of(state_of(row.place, true)) == row.locked);
    CHECK(name_of(state_of(row.place, false)) == row.free);
  }
  for (const Place from : kPlaces) {
    for (const Place to : kPlaces) {
      if (may_move(from, to)) CHECK(from < to);
    }
  }
}

TEST_CASE("a pod's life, seen by another process") {
  Sandbox sandbox;
  std::string uuid;
  {
    Pod pod = sandbox.create();
    uuid = pod.uuid();
    CHECK(is_uuid(uuid));
    CHECK(uuid[14] == '4');
    CHECK(sandbox.state(uuid) == "preparing");
    REQUIRE(pod.move_to(Place::kPrepared).has_value());
    pod.unlock();
    CHECK(sandbox.state(uuid) == "prepared");
    REQUIRE(pod.lock().has_value());
    CHECK(sandbox.pods->open(uuid)->lock().error().code() == Code::kAborted);
    REQUIRE(pod.move_to(Place::kRun).has_value());
    CHECK(sandbox.state(uuid) == "running");
    CHECK(pod.lock_fd() >= 0);
  }
  CHECK(sandbox.state(uuid) == "exited");
  CHECK(sandbox.pods->find(uuid.substr(0, 6))->uuid() == uuid);
  CHECK(sandbox.pods->find("x").error().text() == R"(no matches found for "x")");
  Pod exited = *sandbox.pods->open(uuid);
  Pod stale = *sandbox.pods->open(uuid);
  REQUIRE(exited.move_to(Place::kExitedGarbage).has_value());
  CHECK(stale.move_to(Place::kExitedGarbage).error().code() == Code::kNotFound);
  CHECK(sandbox.state(uuid) == "exited garbage");
  CHECK(sandbox.pods->open("../../../etc").error().code() == Code::kInvalidArgument);
}

// Does so much of a pod's life, and stops there for the test to kill it.
[[noreturn]] void live(const Sandbox& sandbox, int steps, int report) {
  auto pod = sandbox.pods->create(real_random());
  const auto next = [&] {
    if (steps-- > 0) return;
    (void)::write(report, pod->uuid().data(), pod->uuid().size());
    while (true) ::pause();
  };
  next();
  (void)pod->write("pod", "{}", 0640);
  next();
  (void)pod->move_to(Place::kPrepared);
  next();
  pod->unlock();
  next();
  (void)pod->lock();
  next();
  (void)pod->move_to(Place::kRun);
  next();
  pod->unlock();
  (void)pod->move_to(Place::kExitedGarbage);
  next();
  (void)pod->lock();
  next();
  (void)fs::remove(pod->path() + "/pod");
  next();
  ::_exit(0);
}

TEST_CASE("who is killed at any step leaves nothing that stays") {
  constexpr int kSteps = 9;
  for (int steps = 0; steps < kSteps; ++steps) {
    CAPTURE(steps);
    Sandbox sandbox;
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    if (child == 0) live(sandbox, steps, ends[1]);
    char uuid[36];
    REQUIRE(::read(ends[0], uuid, sizeof uuid) == sizeof uuid);
    const std::string name(uuid, sizeof uuid);
    const std::string alive = sandbox.state(name);
    Said busy;
    // While it lives, what it holds is left alone.
    const bool is_held = alive == "preparing" || alive == "running" || alive == "exited deleting";
    if (is_held) {
      CHECK(collect(*sandbox.pods, real_clock().wall_now() + seconds(1), kAtOnce, busy.reporter())
                .has_value());
      CHECK(sandbox.state(name) == alive);
    }
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    ::close(ends[0]);
    ::close(ends[1]);
    Said said;
    for (int pass = 0; pass < 2; ++pass) {
      REQUIRE(collect(*sandbox.pods, real_clock().wall_now() + seconds(1), kAtOnce, said.reporter())
                  .has_value());
    }
    CHECK_MESSAGE(sandbox.state(name) == "gone", alive);
    CHECK(said.out == format("Garbage collecting pod \"{}\"\n", name));
  }
}

TEST_CASE("an embryo that was left behind, and grace") {
  Sandbox sandbox;
  const std::string uuid = new_uuid(real_random());
  fs::create_directory(sandbox.path() + "/pods/embryo/" + uuid);
  Said said;
  const WallTime now = real_clock().wall_now();
  REQUIRE(collect(*sandbox.pods, now, {}, said.reporter()).has_value());
  CHECK(sandbox.state(uuid) == "embryo");
  REQUIRE(collect(*sandbox.pods, now + hours(25), {}, said.reporter()).has_value());
  CHECK(sandbox.state(uuid) == "gone");

  Pod pod = sandbox.create();
  REQUIRE(pod.move_to(Place::kRun).has_value());
  pod.unlock();
  Said marked;
  REQUIRE(collect(*sandbox.pods, now, {.only_marks = true}, marked.reporter()).has_value());
  CHECK(marked.err == format("moving pod \"{}\" to garbage\n", pod.uuid()));
  CHECK(sandbox.state(pod.uuid()) == "exited garbage");
  Said young;
  REQUIRE(collect(*sandbox.pods, now, {}, young.reporter()).has_value());
  CHECK(young.err ==
        format("pod \"{}\" not removed: still within grace period (30m0s)\n", pod.uuid()));
  REQUIRE(collect(*sandbox.pods, now + minutes(31), {}, young.reporter()).has_value());
  CHECK(sandbox.state(pod.uuid()) == "gone");
}

TEST_CASE("removing one pod") {
  Sandbox sandbox;
  Said said;
  Pod pod = sandbox.create();
  const std::string uuid = pod.uuid();
  Pod other = *sandbox.pods->open(uuid);
  CHECK(!remove_pod(other, said.reporter()));
  REQUIRE(pod.move_to(Place::kRun).has_value());
  other = *sandbox.pods->open(uuid);
  CHECK(!remove_pod(other, said.reporter()));
  CHECK(said.err == format("pod \"{0}\" is currently being prepared\n"
                           "pod \"{0}\" is currently running\n",
                           uuid));
  pod.unlock();
  fs::create_directories(pod.path() + "/stage1/rootfs/etc");
  fs::create_directory_symlink("/etc", pod.path() + "/stage1/rootfs/etc/link");
  other = *sandbox.pods->open(uuid);
  CHECK(remove_pod(other, said.reporter()));
  CHECK(sandbox.state(uuid) == "gone");
  CHECK(fs::exists("/etc/passwd"));
}

TEST_CASE("what a pod's files say") {
  Sandbox sandbox;
  Pod pod = sandbox.create();
  const auto put = [&](const std::string& name, const std::string& content) {
    fs::create_directories(fs::path(pod.path() + "/" + name).parent_path());
    std::ofstream(pod.path() + "/" + name) << content;
  };
  put("pod", R"({"acVersion":"0.8.11","acKind":"PodManifest"})");
  put("pid", "17\n");
  put("stage1TreeStoreID", "deps-sha512-1");
  put("appsinfo/web/treeStoreID", "deps-sha512-2");
  put("net-info.json",
      R"([{"netName":"default","ip":"172.16.28.2"},{"netName":"x","ip":"10.0.0.1"}])");
  CHECK(pod.manifest()->apps.empty());
  CHECK(pod.pid() == 17);
  CHECK(pod.started().has_value());
  CHECK(pod.tree_ids() == std::vector<std::string>{"deps-sha512-1", "deps-sha512-2"});
  CHECK(pod.networks().size() == 2);
  CHECK(pod.networks()[0].ip4 == "172.16.28.2");
  CHECK(pod.app_status("web").state == "unknown");
  put("stage1/rootfs/rkt/status/web-created", "");
  CHECK(pod.app_status("web").state == "created");
  put("stage1/rootfs/rkt/status/web-started", "");
  CHECK(pod.app_status("web").state == "running");
  put("overlay/deps-sha512-1/upper/rkt/status/web", "3");
  CHECK(pod.app_status("web").state == "exited");
  CHECK(pod.app_status("web").exit_code == 3);
  CHECK(pod.app_status("web").finished.has_value());
  put("net-info.json", "{");
  CHECK(pod.networks().empty());
  put("pid", "-5");
  CHECK(!pod.pid().has_value());
}

}  // namespace
}  // namespace argosy::rkt
