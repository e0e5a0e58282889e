// For tests: Debian's etcd 3.4.23 as a live peer, on loopback with free ports and a
// data directory of its own.
#pragma once

#include <arpa/inet.h>
#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/format.h"
#include "sys/file/disk.h"

namespace argosy::etcd {

inline bool has_real_etcd() {
  const bool is_there =
      ::access("/usr/bin/etcd", X_OK) == 0 && ::access("/usr/bin/etcdctl", X_OK) == 0;
  if (!is_there)
    MESSAGE("skipped: no /usr/bin/etcd and etcdctl (Debian's etcd-server, etcd-client)");
  return is_there;
}

// A program's standard output; it must succeed.
inline std::string output_of(const std::string& command) {
  std::FILE* pipe = ::popen((command + " 2>/dev/null").c_str(), "r");
  check(pipe != nullptr);
  std::string out;
  char buffer[4096];
  while (const size_t got = std::fread(buffer, 1, sizeof buffer, pipe)) out.append(buffer, got);
  const int status = ::pclose(pipe);
  if (status != 0) FAIL(format("{} ended with status {}", command, status));
  return out;
}

inline int free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  check(::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  socklen_t size = sizeof address;
  check(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

// A directory that goes with the test.
class ScratchDirectory {
 public:
  ScratchDirectory() {
    char name[] = "/tmp/argosy-etcd-XXXXXX";
    check(::mkdtemp(name) != nullptr);
    path_ = name;
  }
  ~ScratchDirectory() { (void)remove_all(real_disk(), path_); }
  ScratchDirectory(const ScratchDirectory&) = delete;
  ScratchDirectory& operator=(const ScratchDirectory&) = delete;

  const std::string& path() const { return path_; }
  std::string of(std::string_view name) const { return join_path(path_, name); }

 private:
  std::string path_;
};

class RealEtcd {
 public:
  // Starts and waits until it answers.
  explicit RealEtcd(const std::string& data_directory) : client_port_(free_port()) {
    const std::string peer = format("http://127.0.0.1:{}", free_port());
    const std::string client = format("http://127.0.0.1:{}", client_port_);
    const std::string cluster = "n=" + peer;
    pid_ = ::fork();
    check(pid_ >= 0);
    if (pid_ == 0) {
      const int null = ::open("/dev/null", O_WRONLY);
      ::dup2(null, 1);
      ::dup2(null, 2);
      ::execl("/usr/bin/etcd", "etcd", "--name=n", ("--data-dir=" + data_directory).c_str(),
              ("--listen-client-urls=" + client).c_str(),
              ("--advertise-client-urls=" + client).c_str(), ("--listen-peer-urls=" + peer).c_str(),
              ("--initial-advertise-peer-urls=" + peer).c_str(),
              ("--initial-cluster=" + cluster).c_str(), nullptr);
      ::_exit(127);
    }
    for (int attempt = 0; attempt < 100; ++attempt) {
      if (std::system((ctl("endpoint health") + " >/dev/null 2>&1").c_str()) == 0) return;
      ::usleep(100000);
    }
    stop();
    FAIL("etcd does not answer");
  }
  ~RealEtcd() { stop(); }
  RealEtcd(const RealEtcd&) = delete;
  RealEtcd& operator=(const RealEtcd&) = delete;

  std::string ctl(const std::string& arguments) const {
    return format("ETCDCTL_API=3 /usr/bin/etcdctl --endpoints=http://127.0.0.1:{} {}", client_port_,
                  arguments);
  }

 private:
  // SIGTERM, and waits for the end.
  void stop() const {
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
  }

  int client_port_;
  pid_t pid_ = -1;
};

}  // namespace argosy::etcd
