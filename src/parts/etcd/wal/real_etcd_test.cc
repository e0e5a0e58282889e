// With the original installed (Debian's etcd-server and etcd-client): it writes a log, ours
// reads it and writes it anew in small segments, the original starts on that and knows
// everything, and ours reads what it appended.
#include <arpa/inet.h>
#include <chrono>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/wal/log_reader.h"
#include "parts/etcd/wal/member_metadata.h"
#include "parts/etcd/wal/wal.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::wal;

namespace {

constexpr const char* kEtcd = "/usr/bin/etcd";
constexpr const char* kEtcdctl = "/usr/bin/etcdctl";

uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  REQUIRE(::bind(fd, reinterpret_cast<sockaddr*>(&address), size) == 0);
  REQUIRE(::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size) == 0);
  ::close(fd);
  return ntohs(address.sin_port);
}

// Starts a program with its output in a file.
pid_t start(std::vector<std::string> arguments, const std::string& output) {
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t pid = 0;
  REQUIRE(::posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

int wait_for(pid_t pid) {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class RealMember {
 public:
  RealMember() {
    char name[] = "/tmp/argosy-wal-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory_ = name;
  }
  ~RealMember() {
    stop();
    (void)remove_all(real_disk(), directory_);
  }
  RealMember(const RealMember&) = delete;
  RealMember& operator=(const RealMember&) = delete;

  std::string path(std::string_view name) const { return join_path(directory_, name); }

  void start_etcd() {
    const std::string peer = format("http://127.0.0.1:{}", peer_port_);
    const std::string client = format("http://127.0.0.1:{}", client_port_);
    pid_ = start({kEtcd, "--name=one", "--data-dir=" + path("data"), "--snapshot-count=15",
                  "--listen-peer-urls=" + peer, "--initial-advertise-peer-urls=" + peer,
                  "--listen-client-urls=" + client, "--advertise-client-urls=" + client,
                  "--initial-cluster=one=" + peer},
                 path("log"));
    for (int i = 0; i < 100; ++i) {
      if (ctl({"endpoint", "health"}).first == 0) return;
      std::this_thread::sleep_for(milliseconds(100));
    }
    FAIL("etcd does not start: ", read_file(real_disk(), path("log")).value());
  }
  void stop() {
    if (pid_ == 0) return;
    ::kill(pid_, SIGTERM);
    wait_for(pid_);
    pid_ = 0;
  }
  std::pair<int, std::string> ctl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(),
                     {kEtcdctl, format("--endpoints=127.0.0.1:{}", client_port_)});
    const int status = wait_for(start(std::move(arguments), path("output")));
    return {status, read_file(real_disk(), path("output")).value()};
  }

 private:
  std::string directory_;
  uint16_t peer_port_ = free_port();
  uint16_t client_port_ = free_port();
  pid_t pid_ = 0;
};

// Every record of a log through our own writer, one save for each batch.
void copy_log(const std::string& from, const std::string& to) {
  const auto content = read_wal(real_disk(), from, {}).value();
  auto wal = Wal::create(real_disk(), to, content.metadata, {.segment_bytes = 4096}).value();
  std::vector<std::unique_ptr<File>> files;
  std::vector<File*> segments;
  for (const SegmentName& name : list_segments(real_disk(), from).value()) {
    files.push_back(real_disk().open(join_path(from, name.text()), {.write = false}).value());
    segments.push_back(files.back().get());
  }
  LogReader reader(segments);
  std::vector<raft::Entry> entries;
  while (const auto record = reader.next().value()) {
    if (record->is(RecordType::kEntry)) {
      entries.push_back(raftpb::decode_entry(record->data).value());
    } else if (record->is(RecordType::kState)) {
      REQUIRE(wal->save(raftpb::decode_hard_state(record->data).value(), entries, true));
      entries.clear();
    } else if (record->is(RecordType::kSnapshot)) {
      const WalSnapshot snapshot = decode_snapshot_mark(record->data).value();
      if (snapshot.index > raft::LogIndex{0}) REQUIRE(wal->save_snapshot(snapshot));
    }
  }
  if (!entries.empty()) REQUIRE(wal->save({}, entries, true));
}

}  // namespace

TEST_CASE("the original starts on a log that ours wrote, and ours on what it went on with") {
  if (!exists(real_disk(), kEtcd) || !exists(real_disk(), kEtcdctl)) {
    MESSAGE("skipped: etcd-server and etcd-client are not installed");
    return;
  }
  RealMember member;
  member.start_etcd();
  for (int i = 0; i < 40; ++i) {
    REQUIRE(
        member.ctl({"put", format("key{:02}", i), Bytes(static_cast<size_t>(i * 7), 'v')}).first ==
        0);
  }
  const std::string before = member.ctl({"get", "", "--from-key"}).second;
  REQUIRE(split(before, '\n').size() == 81);
  member.stop();

  const std::string wal = member.path("data/member/wal");
  const WalContent original = read_wal(real_disk(), wal, {}).value();
  copy_log(wal, member.path("ours"));
  CHECK(list_segments(real_disk(), member.path("ours")).value().size() > 1);
  const WalContent ours = read_wal(real_disk(), member.path("ours"), {}).value();
  CHECK(ours.entries == original.entries);
  CHECK(ours.hard_state == original.hard_state);
  CHECK(valid_snapshot_entries(real_disk(), member.path("ours")).value() ==
        valid_snapshot_entries(real_disk(), wal).value());
  REQUIRE(remove_all(real_disk(), wal));
  REQUIRE(real_disk().rename(member.path("ours"), wal));

  member.start_etcd();
  CHECK(member.ctl({"get", "", "--from-key"}).second == before);
  CHECK(member.ctl({"put", "after", "ours"}).second == "OK\n");
  member.stop();

  const auto snapshots = valid_snapshot_entries(real_disk(), wal).value();
  REQUIRE(snapshots.size() > 1);
  const auto opened = Wal::open(real_disk(), wal, snapshots.back()).value();
  CHECK(decode_member_metadata(opened.content.metadata).value().cluster_id != 0);
  CHECK_FALSE(opened.broken_copy.has_value());
  const auto& last = opened.content.entries.back();
  CHECK(last.data.view().find("after") != BytesView::npos);
  CHECK(last.index > original.entries.back().index);
}
