#include "parts/update_engine/slots/run.h"

#include <doctest/doctest.h>
#include <thread>

#include "base/format.h"
#include "sys/clock/clock.h"

namespace argosy::update_engine {
namespace {

struct Said {
  std::vector<std::string> lines;

  RunOptions shell(std::string script) {
    return {.program = "/bin/sh",
            .arguments = {"sh", "-c", std::move(script)},
            .on_line = [this](std::string_view line) { lines.emplace_back(line); }};
  }
};

TEST_CASE("both outputs arrive line by line, the last one without an end too") {
  Said said;
  const auto status = run_program(said.shell("echo one; echo two >&2; echo; printf three"));
  REQUIRE(status.has_value());
  CHECK(status->is_success());
  CHECK_EQ(said.lines, std::vector<std::string>{"one", "two", "", "three"});
}

TEST_CASE("how it ended is told") {
  Said said;
  auto status = run_program(said.shell("exit 3"));
  REQUIRE(status.has_value());
  CHECK_EQ(status->how, ExitStatus::How::kExited);
  CHECK_EQ(status->number, 3);
  status = run_program(said.shell("kill -TERM $$"));
  REQUIRE(status.has_value());
  CHECK_NE(status->how, ExitStatus::How::kExited);
  CHECK_EQ(status->number, 15);
  CHECK_FALSE(run_program({.program = "/no/such/program", .arguments = {"program"}}).has_value());
}

TEST_CASE("a line without end takes no memory without end") {
  Said said;
  const auto status = run_program(said.shell("head -c 1000000 /dev/zero | tr '\\0' x"));
  REQUIRE(status.has_value());
  size_t bytes = 0;
  for (const std::string& line : said.lines) {
    CHECK(line.size() <= 65536);
    bytes += line.size();
  }
  CHECK_EQ(bytes, 1'000'000);
}

TEST_CASE("after the limit all that it started is killed") {
  Said said;
  RunOptions options = said.shell("sleep 1000 & echo $!; wait");
  options.limit = milliseconds(300);
  CHECK_EQ(run_program(options).error().code(), Code::kDeadlineExceeded);
  REQUIRE_EQ(said.lines.size(), 1);
  const pid_t sleeper = std::stoi(said.lines[0]);
  const MonotonicTime end = real_clock().now() + seconds(20);
  // An orphan that was killed is there until its new parent has looked.
  const auto is_running = [&] {
    std::string state;
    (void)run_program({.program = "/bin/ps",
                       .arguments = {"ps", "-o", "state=", "-p", format("{}", sleeper)},
                       .on_line = [&](std::string_view line) { state = line; }});
    return !state.empty() && !state.starts_with('Z');
  };
  while (is_running() && real_clock().now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  CHECK_FALSE(is_running());
}

TEST_CASE("a stop request ends it") {
  Said said;
  std::stop_source stop;
  RunOptions options = said.shell("echo begun; sleep 1000");
  options.on_line = [&](std::string_view) { stop.request_stop(); };
  CHECK_EQ(run_program(options, stop.get_token()).error().code(), Code::kCancelled);
}

}  // namespace
}  // namespace argosy::update_engine
