#include "argosy/options.h"

#include <doctest/doctest.h>

#include "base/text.h"

namespace argosy {
namespace {

Result<Options> parse(std::string_view line) {
  std::vector<std::string> words;
  for (const std::string_view word : split(line, ' ')) {
    if (!word.empty()) words.emplace_back(word);
  }
  return parse_options(words, "/default");
}

TEST_CASE("defaults") {
  const auto up = parse("up");
  REQUIRE(up.has_value());
  CHECK(up->verb == Verb::kUp);
  CHECK(up->data == "/default");
  CHECK(up->members == 0);
  CHECK(up->wait == minutes(1));
  CHECK(!up->json);
  CHECK(parse("")->verb == Verb::kHelp);
  CHECK(parse("logs m1")->lines == 100);
}

TEST_CASE("what is given, in either place and form") {
  const auto up = parse("up --members 5 -data=/d --json --port=4000 --wait 1m30s --etcd /bin/e");
  REQUIRE(up.has_value());
  CHECK(up->members == 5);
  CHECK(up->data == "/d");
  CHECK(up->json);
  CHECK(up->port == 4000);
  CHECK(up->wait == seconds(90));
  CHECK(up->etcd == "/bin/e");
  for (const char* line : {"logs m2 -f -n 7", "logs -f m2 -n 7", "logs -n=7 -f m2"}) {
    const auto logs = parse(line);
    REQUIRE(logs.has_value());
    CHECK(logs->member == "m2");
    CHECK(logs->follow);
    CHECK(logs->lines == 7);
  }
  CHECK(parse("down --purge")->purge);
  for (const char* line : {"help", "-h", "--help", "up -h", "logs --help"}) {
    CHECK(parse(line)->verb == Verb::kHelp);
  }
}

TEST_CASE("what is wrong is said") {
  struct Row {
    const char* line;
    const char* says;
  };
  for (const Row& row :
       {Row{"frob", "there is no command \"frob\""}, Row{"up now", "up has no use for \"now\""},
        Row{"logs", "logs needs a member"}, Row{"logs m1 m2", "logs has no use for \"m2\""},
        Row{"up --members 0", "at least 1"}, Row{"up --members 10", "at most 9"},
        Row{"up --members x", "invalid value \"x\" for flag -members"},
        Row{"up --port 65001", "--port must be at most 65000"},
        Row{"down --members 3", "flag provided but not defined: -members"},
        Row{"status --data", "flag needs an argument: -data"}}) {
    CAPTURE(row.line);
    const auto parsed = parse(row.line);
    REQUIRE(!parsed.has_value());
    CHECK(parsed.error().code() == Code::kInvalidArgument);
    CHECK(parsed.error().text().find(row.says) != std::string::npos);
  }
}

}  // namespace
}  // namespace argosy
