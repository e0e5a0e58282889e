// Lines as they arrive in a file.
#include "sys/log/log.h"

#include <cstdio>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <iterator>
#include <sys/wait.h>
#include <unistd.h>

namespace argosy {
namespace {

class LogFile {
 public:
  LogFile() {
    char pattern[] = "/tmp/argosy-log-XXXXXX";
    const int fd = ::mkstemp(pattern);
    REQUIRE(fd >= 0);
    ::close(fd);
    path_ = pattern;
  }
  ~LogFile() {
    CHECK(start_logging({}).has_value());
    std::remove(path_.c_str());
  }
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  void start(LogLevel level, bool as_json) const {
    REQUIRE(start_logging({.level = level, .as_json = as_json, .outputs = {path_}}).has_value());
  }
  const std::string& path() const { return path_; }
  std::string content() const {
    std::ifstream file(path_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

 private:
  std::string path_;
};

// The time and the line number are another each time.
std::string without_time(std::string line) {
  const size_t stamp = line.find("\"ts\":\"");
  if (stamp != std::string::npos) line.replace(stamp + 6, 24, "TIME");
  const size_t place = line.find("log_test.cc:");
  if (place != std::string::npos) {
    const size_t end = line.find('"', place);
    line.replace(place + 12, end - place - 12, "LINE");
  }
  return line;
}

TEST_CASE("a line in JSON is in zap's layout") {
  const LogFile file;
  file.start(LogLevel::kInfo, true);
  log_info("ready", {{"address", "127.0.0.1:2379"},
                     {"count", 3},
                     {"size", int64_t{-1}},
                     {"id", UINT64_MAX},
                     {"ok", true},
                     {"urls", std::vector<std::string>{"a", "b\"c"}},
                     {"error", Error(Code::kNotFound, "gone").context("looking")}});
  const std::string line = file.content();
  CHECK(line.find("\"ts\":\"2") != std::string::npos);
  CHECK(without_time(line) ==
        "{\"level\":\"info\",\"ts\":\"TIME\",\"caller\":\"log/log_test.cc:LINE\",\"msg\":\"ready\","
        "\"address\":\"127.0.0.1:2379\",\"count\":3,\"size\":-1,\"id\":18446744073709551615,"
        "\"ok\":true,\"urls\":[\"a\",\"b\\\"c\"],\"error\":\"looking: gone\"}\n");
}

TEST_CASE("what could break a line is escaped") {
  const LogFile file;
  file.start(LogLevel::kInfo, true);
  log_info("a\n\"b\"\\", {{"k", std::string_view("\t\x01\r\xC3\xA9", 5)}});
  CHECK(without_time(file.content())
            .ends_with("\"msg\":\"a\\n\\\"b\\\"\\\\\",\"k\":\"\\t\\u0001\\u000d\xC3\xA9\"}\n"));
}

TEST_CASE("bytes that are no UTF-8 leave the line JSON") {
  const LogFile file;
  file.start(LogLevel::kInfo, true);
  log_info("key", {{"k", std::string_view("a\xFF\xC3(\xE2\x82\xAC")}});
  CHECK(without_time(file.content()).ends_with("\"k\":\"a\\ufffd\\ufffd(\xE2\x82\xAC\"}\n"));
}

TEST_CASE("a line as text") {
  const LogFile file;
  file.start(LogLevel::kInfo, false);
  log_warn("slow", {{"took", "1s"}, {"n", 2}});
  const std::string line = file.content();
  REQUIRE(line.size() > 25);
  CHECK(line.substr(23) == "Z warn  slow took=\"1s\" n=2\n");
}

TEST_CASE("levels below the chosen one are dropped") {
  const LogFile file;
  for (const LogLevel level :
       {LogLevel::kDebug, LogLevel::kInfo, LogLevel::kWarn, LogLevel::kError}) {
    file.start(level, true);
    log_debug("d");
    log_info("i");
    log_warn("w");
    log_error("e");
  }
  const std::string all = file.content();
  std::string messages;
  for (size_t at = 0; (at = all.find("\"msg\":\"", at)) != std::string::npos; ++at) {
    messages += all[at + 7];
  }
  CHECK(messages == "diweiwewee");
}

TEST_CASE("several outputs get the same line, and a bad one is named") {
  const LogFile first;
  const LogFile second;
  REQUIRE(start_logging({.outputs = {first.path(), second.path()}}).has_value());
  log_info("twice");
  CHECK(first.content().find("\"msg\":\"twice\"") != std::string::npos);
  CHECK(first.content() == second.content());
  const auto refused = start_logging({.outputs = {"/proc/nowhere/log"}});
  REQUIRE(!refused.has_value());
  CHECK(refused.error().text().find("/proc/nowhere/log") != std::string::npos);
}

TEST_CASE("names of levels") {
  CHECK(parse_log_level("debug") == LogLevel::kDebug);
  CHECK(parse_log_level("info") == LogLevel::kInfo);
  CHECK(parse_log_level("warn") == LogLevel::kWarn);
  CHECK(parse_log_level("error") == LogLevel::kError);
  CHECK(parse_log_level("panic") == LogLevel::kFatal);
  CHECK(parse_log_level("fatal") == LogLevel::kFatal);
  const auto unknown = parse_log_level("loud");
  REQUIRE(!unknown.has_value());
  CHECK(unknown.error().text() == "unrecognized level: \"loud\"");
}

TEST_CASE("a fatal line is written and ends the process with 1") {
  const LogFile file;
  file.start(LogLevel::kInfo, true);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) log_fatal("the end", {{"why", "test"}});
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(file.content().find("\"level\":\"fatal\"") != std::string::npos);
}

}  // namespace
}  // namespace argosy
