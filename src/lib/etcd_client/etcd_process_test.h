// Real etcd for the tests: one member or three, on ports that are free. ARGOSY_ETCD names
// another program than Debian's.
#pragma once

#include <arpa/inet.h>
#include <csignal>
#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/format.h"
#include "base/text.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/etcd_client/client.h"
#include "sys/process/process.h"

namespace argosy::etcd_client {

inline uint16_t free_port() {
  const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  REQUIRE_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  REQUIRE_EQ(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &length), 0);
  return ntohs(address.sin_port);
}

inline constexpr const char* kDebianEtcd = "/usr/bin/etcd";

// The programs to run the v3 cases against.
inline std::vector<std::string> etcd_programs() {
  std::vector<std::string> programs{kDebianEtcd};
  if (const char* other = std::getenv("ARGOSY_ETCD")) programs.emplace_back(other);
  return programs;
}

class EtcdCluster {
 public:
  explicit EtcdCluster(size_t members, std::vector<std::string> more = {},
                       std::string program = kDebianEtcd, bool is_secure = false)
      : program_(std::move(program)), more_(std::move(more)), is_secure_(is_secure) {
    char pattern[] = "/tmp/argosy-etcd-client-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    std::vector<std::string> peers;
    for (size_t i = 0; i < members; ++i) {
      ports_.push_back(free_port());
      peer_ports_.push_back(free_port());
      peers.push_back(format("m{}=http://127.0.0.1:{}", i, peer_ports_[i]));
    }
    initial_ = join(peers, ",");
    processes_.resize(members);
    for (size_t i = 0; i < members; ++i) start(i);
  }
  ~EtcdCluster() {
    for (size_t i = 0; i < processes_.size(); ++i) kill(i);
    std::filesystem::remove_all(folder_);
  }
  EtcdCluster(const EtcdCluster&) = delete;
  EtcdCluster& operator=(const EtcdCluster&) = delete;

  std::string url(size_t i) const {
    return format("{}://127.0.0.1:{}", is_secure_ ? "https" : "http", ports_[i]);
  }
  std::vector<std::string> urls() const {
    std::vector<std::string> all;
    for (size_t i = 0; i < ports_.size(); ++i) all.push_back(url(i));
    return all;
  }

  void start(size_t i) {
    const std::string peer = format("http://127.0.0.1:{}", peer_ports_[i]);
    std::vector<std::string> arguments{"etcd",
                                       "--name",
                                       format("m{}", i),
                                       "--data-dir",
                                       format("{}/m{}", folder_, i),
                                       "--listen-client-urls",
                                       url(i),
                                       "--advertise-client-urls",
                                       url(i),
                                       "--listen-peer-urls",
                                       peer,
                                       "--initial-advertise-peer-urls",
                                       peer,
                                       "--initial-cluster",
                                       initial_};
    arguments.insert(arguments.end(), more_.begin(), more_.end());
    const auto log = open_to_append(format("{}/m{}.log", folder_, i));
    REQUIRE(log);
    auto process = spawn({.program = program_,
                          .arguments = std::move(arguments),
                          .environment = {},
                          .directory = {},
                          .fds = {{log->get(), 1}, {log->get(), 2}},
                          .parent_death_signal = SIGKILL});
    REQUIRE(process);
    processes_[i].emplace(*std::move(process));
  }
  void kill(size_t i) {
    if (!processes_[i]) return;
    (void)processes_[i]->signal(SIGKILL);
    (void)processes_[i]->wait(seconds(10));
    processes_[i].reset();
  }

 private:
  std::string program_;
  std::vector<std::string> more_;
  bool is_secure_;
  std::string folder_;
  std::vector<uint16_t> ports_;
  std::vector<uint16_t> peer_ports_;
  std::string initial_;
  std::vector<std::optional<Process>> processes_;
};

// Runs the task that `body` makes on a loop, to its end; the test fails with its error.
template <typename Body>
void run_story(Body body, Duration limit = seconds(60)) {
  UvLoop loop;
  Scope scope(loop);
  std::optional<Result<void>> outcome;
  const auto story = [](UvLoop* on, Body* what, Duration within,
                        std::optional<Result<void>>* into) -> Task<void> {
    *into = co_await with_deadline(*on, on->now() + within, (*what)(*on));
    on->stop();
  };
  loop.post([&] { scope.spawn(story(&loop, &body, limit, &outcome)); });
  loop.run();
  REQUIRE(outcome);
  if (!*outcome) FAIL((*outcome).error().text());
}

// A client of a cluster that may just be starting: waits until it answers.
inline Task<std::unique_ptr<Client>> ready_client(UvLoop& loop, ClientOptions options) {
  auto client = co_await Client::make(loop, loop.network(), real_random(), std::move(options));
  for (int i = 0;; ++i) {
    const auto answer = co_await result(client->get({.key = "ready", .end = {}}));
    if (answer) co_return std::move(client);
    if (i == 300) co_return fail(answer.error());
    co_await sleep_for(loop, milliseconds(50));
  }
}

}  // namespace argosy::etcd_client
