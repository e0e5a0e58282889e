#include "lib/cli/server_flags.h"

#include <doctest/doctest.h>
#include <map>

namespace argosy::cli {
namespace {

struct Server {
  Server() {
    flags.add("listen", listen, "here", "Where.");
    flags.add("port", port, 80, "Which.");
  }
  FlagSet flags{"served"};
  std::string listen;
  int64_t port = 0;
};

Environment environment_of(const std::map<std::string, std::string>& values) {
  return [&values](const char* name) {
    const auto found = values.find(name);
    return found == values.end() ? nullptr : found->second.c_str();
  };
}

TEST_CASE("help, errors and words that are no flags end the program") {
  Server server;
  CHECK_FALSE(read_command_line(server.flags, {"--listen", "there"}));
  CHECK_EQ(server.listen, "there");
  const auto help = read_command_line(server.flags, {"--help"});
  REQUIRE(help);
  CHECK_EQ(help->code, 0);
  CHECK_EQ(help->out, server.flags.usage());
  const auto word = read_command_line(server.flags, {"now"});
  REQUIRE(word);
  CHECK_EQ(word->code, 2);
  CHECK_EQ(word->err, "unexpected argument: now\nRun 'served --help' for usage.\n");
  const auto unknown = read_command_line(server.flags, {"--what"});
  REQUIRE(unknown);
  CHECK_EQ(unknown->err, "flag provided but not defined: -what\nRun 'served --help' for usage.\n");
}

TEST_CASE("variables count where the command line says nothing, and are not empty") {
  Server server;
  REQUIRE_FALSE(read_command_line(server.flags, {"--listen=there"}));
  const std::map<std::string, std::string> values{{"SERVED_LISTEN", "elsewhere"},
                                                  {"SERVED_PORT", "81"}};
  REQUIRE(read_environment(server.flags, "SERVED", environment_of(values)));
  CHECK_EQ(server.listen, "there");
  CHECK_EQ(server.port, 81);
  const std::map<std::string, std::string> none{{"SERVED_PORT", ""}};
  REQUIRE(read_environment(server.flags, "SERVED", environment_of(none)));
  CHECK_EQ(server.port, 81);
}

TEST_CASE("a wrong value names its variable") {
  Server server;
  const std::map<std::string, std::string> values{{"SERVED_PORT", "many"}};
  const auto read = read_environment(server.flags, "SERVED", environment_of(values));
  REQUIRE_FALSE(read);
  CHECK_MESSAGE(read.error().text().starts_with("SERVED_PORT: "), read.error().text());
}

}  // namespace
}  // namespace argosy::cli
