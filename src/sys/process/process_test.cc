// Real processes: shells that do what they are told.
#include "sys/process/process.h"

#include <array>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <filesystem>
#include <thread>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "sys/clock/clock.h"
#include "sys/file/disk.h"
#include "sys/process/proc.h"
#include "sys/process/signals.h"

namespace argosy {
namespace {

constexpr Duration kLong = seconds(20);

struct Pipe {
  Fd reading;
  Fd writing;
  Pipe() {
    std::array<int, 2> ends{};
    REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
    reading = Fd(ends[0]);
    writing = Fd(ends[1]);
  }
  std::string rest() {
    writing.close();
    std::string all;
    std::array<char, 512> piece{};
    ssize_t got = 0;
    while ((got = ::read(reading.get(), piece.data(), piece.size())) > 0) {
      all.append(piece.data(), static_cast<size_t>(got));
    }
    return all;
  }
};

SpawnOptions shell(std::string script) {
  SpawnOptions options;
  options.program = "/bin/sh";
  options.arguments = {"sh", "-c", std::move(script)};
  return options;
}

Process start(const SpawnOptions& options) {
  auto process = spawn(options);
  REQUIRE_MESSAGE(process.has_value(), process.error().text());
  return *std::move(process);
}

ExitStatus end_of(Process& process) {
  const auto status = process.wait(kLong);
  REQUIRE(status.has_value());
  REQUIRE(status->has_value());
  return **status;
}

// What a shell prints that was started like this.
std::string output(SpawnOptions options) {
  Pipe pipe;
  options.fds.push_back({pipe.writing.get(), 1});
  Process process = start(options);
  const std::string text = pipe.rest();
  CHECK(end_of(process).is_success());
  return text;
}

TEST_CASE("how a process ended") {
  struct Row {
    const char* script;
    ExitStatus::How how;
    int number;
    const char* text;
  };
  for (const Row& row :
       {Row{"exit 0", ExitStatus::How::kExited, 0, "exit code 0"},
        Row{"exit 3", ExitStatus::How::kExited, 3, "exit code 3"},
        Row{"kill -9 $$", ExitStatus::How::kSignalled, 9, "signal 9 (Killed)"},
        Row{"kill -TERM $$", ExitStatus::How::kSignalled, 15, "signal 15 (Terminated)"}}) {
    Process process = start(shell(row.script));
    const ExitStatus status = end_of(process);
    CHECK(status.how == row.how);
    CHECK(status.number == row.number);
    CHECK(status.text() == row.text);
    CHECK(end_of(process).number == row.number);
    CHECK(process.signal(SIGTERM).error().code() == Code::kNotFound);
  }
}

TEST_CASE("a process that runs has no status, and a signal ends it") {
  Process process = start(shell("exec sleep 1000"));
  CHECK(!process.wait(milliseconds(20))->has_value());
  CHECK(wait_readable({process.pidfd()}, Duration(0))->empty());
  REQUIRE(process.signal(SIGKILL).has_value());
  CHECK(end_of(process).number == SIGKILL);
  CHECK(*wait_readable({process.pidfd()}, Duration(0)) == std::vector<int>{process.pidfd()});
}

TEST_CASE("a program that cannot be started is an error that names it") {
  SpawnOptions options = shell("exit 0");
  options.program = "/nowhere/at/all";
  const auto missing = spawn(options);
  REQUIRE(!missing.has_value());
  CHECK(missing.error().code() == Code::kNotFound);
  CHECK(missing.error().text() == "exec /nowhere/at/all: no such file or directory");
  options = shell("exit 0");
  options.directory = "/nowhere";
  CHECK(spawn(options).error().text() == "chdir /nowhere: no such file or directory");
}

TEST_CASE("environment and directory are what was asked for") {
  SpawnOptions options = shell("echo $FRUIT:$HOME:$(pwd)");
  options.environment = {"FRUIT=pear"};
  options.directory = "/usr";
  CHECK(output(options) == "pear::/usr\n");
  ::setenv("ARGOSY_TEST_INHERITED", "yes", 1);
  CHECK(output(shell("echo $ARGOSY_TEST_INHERITED")) == "yes\n");
}

TEST_CASE("an environment of many long variables arrives whole") {
  SpawnOptions options = shell("env | grep -c ^ARGOSY_TEST_MANY_.*=x*$");
  options.environment.emplace();
  for (int i = 0; i < 100; ++i) {
    options.environment->push_back("ARGOSY_TEST_MANY_" + std::to_string(i) + "=" +
                                   std::string(500, 'x'));
  }
  CHECK(output(options) == "100\n");
}

TEST_CASE("descriptors may be crossed, and no other reaches the child") {
  Pipe a;
  Pipe b;
  const Fd leaky(::open("/dev/null", O_RDONLY));  // without O_CLOEXEC
  REQUIRE(leaky.get() > 2);
  SpawnOptions options = shell(
      "echo to-1; echo to-2 >&2; for f in /proc/self/fd/*; do "
      "[ ${f##*/} -lt 10 ] && echo ${f##*/} >&2; done; true");
  // Each pipe's number is taken for the other.
  options.fds = {{a.writing.get(), 2}, {b.writing.get(), 1}};
  Process process = start(options);
  const std::string from_a = a.rest();
  CHECK(b.rest() == "to-1\n");
  CHECK(end_of(process).is_success());
  CHECK(from_a.starts_with("to-2\n0\n1\n2\n"));
  CHECK(from_a.find(format("\n{}\n", leaky.get())) == std::string::npos);
}

TEST_CASE("descriptors that trade places") {
  const Fd zero(::open("/dev/zero", O_RDONLY | O_CLOEXEC));
  const Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  SpawnOptions options =
      shell(format("readlink /proc/$$/fd/{} /proc/$$/fd/{}", zero.get(), null.get()));
  options.fds = {{zero.get(), null.get()}, {null.get(), zero.get()}};
  CHECK(output(options) == "/dev/null\n/dev/zero\n");
}

TEST_CASE("process groups and sessions") {
  const std::string script = "set -- $(sed 's/.*) //' /proc/$$/stat); echo $3 $4 $$";
  const auto numbers = [&](SpawnOptions::Group group) {
    SpawnOptions options = shell(script);
    options.group = group;
    const std::string text = output(options);
    std::vector<int64_t> out;
    for (const std::string_view word : split(trim(text), ' ')) out.push_back(*parse_int(word));
    REQUIRE(out.size() == 3);
    return out;
  };
  const auto same = numbers(SpawnOptions::Group::kSame);
  CHECK(same[0] == ::getpgrp());
  const auto group = numbers(SpawnOptions::Group::kNew);
  CHECK(group[0] == group[2]);
  CHECK(group[1] == ::getsid(0));
  const auto session = numbers(SpawnOptions::Group::kNewSession);
  CHECK(session[0] == session[2]);
  CHECK(session[1] == session[2]);
}

TEST_CASE("the child ignores and blocks no signals") {
  const auto signals = SignalQueue::make({SIGTERM});
  REQUIRE(signals.has_value());
  std::signal(SIGPIPE, SIG_IGN);
  const std::string text = output(shell("grep -E 'SigBlk|SigIgn' /proc/self/status"));
  std::signal(SIGPIPE, SIG_DFL);
  CHECK(text == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a signal arrives in the queue, once") {
  auto signals = SignalQueue::make({SIGUSR1, SIGUSR2});
  REQUIRE(signals.has_value());
  CHECK(!signals->take());
  ::kill(::getpid(), SIGUSR2);
  CHECK(*wait_readable({signals->fd()}, kLong) == std::vector<int>{signals->fd()});
  CHECK(signals->take() == SIGUSR2);
  CHECK(!signals->take());
}

TEST_CASE("a process is adopted only if it is the one that was meant") {
  Process child = start(shell("exec sleep 1000"));
  auto adopted = Process::adopt(child.identity());
  REQUIRE(adopted.has_value());
  ProcessIdentity recycled = child.identity();
  recycled.start_ticks -= 1;
  const auto stranger = Process::adopt(recycled);
  REQUIRE(!stranger.has_value());
  CHECK(stranger.error().code() == Code::kNotFound);
  CHECK(!adopted->wait(Duration(0))->has_value());
  REQUIRE(adopted->signal(SIGKILL).has_value());
  CHECK(end_of(*adopted).how == ExitStatus::How::kUnknown);
  // Ended but not reaped: nobody to adopt.
  CHECK(!Process::adopt(child.identity()).has_value());
  CHECK(end_of(child).number == SIGKILL);
  CHECK(!identify(child.pid()).has_value());
}

TEST_CASE("a child dies with the thread that started it, if asked to") {
  SpawnOptions options = shell("exec sleep 1000");
  options.parent_death_signal = SIGKILL;
  std::optional<Process> process;
  std::thread([&] { process.emplace(start(options)); }).join();
  CHECK(end_of(*process).number == SIGKILL);
}

TEST_CASE("appending keeps what was there") {
  const std::string path =
      (std::filesystem::temp_directory_path() / format("argosy-append-{}", ::getpid())).string();
  for (const char* word : {"one", "two"}) {
    auto file = open_to_append(path);
    REQUIRE(file.has_value());
    SpawnOptions options = shell(format("echo {}", word));
    options.fds = {{file->get(), 1}};
    Process process = start(options);
    CHECK(end_of(process).is_success());
  }
  CHECK(read_file(real_disk(), path).value() == "one\ntwo\n");
  std::filesystem::remove(path);
}

TEST_CASE("waiting lasts no longer than its limit") {
  const Pipe pipe;
  const MonotonicTime began = real_clock().now();
  CHECK(wait_readable({pipe.reading.get()}, milliseconds(30))->empty());
  CHECK(real_clock().now() - began >= milliseconds(30));
}

}  // namespace
}  // namespace argosy
