#include "parts/update_service/options/options.h"

#include <doctest/doctest.h>
#include <map>

namespace argosy::update_service {
namespace {

struct Read {
  Options options;
  cli::FlagSet flags{"update-service"};
  std::map<std::string, std::string> variables;

  Read() { add_flags(flags, options); }
  Result<void> read(const std::vector<std::string>& arguments) {
    const auto ending = cli::read_command_line(flags, arguments);
    REQUIRE_FALSE(ending.has_value());
    return read_environment(flags, [&](const char* name) -> const char* {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  }
};

TEST_CASE("defaults") {
  Read read;
  REQUIRE(read.read({}).has_value());
  CHECK_EQ(read.options.host, "0.0.0.0");
  CHECK_EQ(read.options.port, 8000);
  CHECK_EQ(read.options.auth_mode, "tokens");
  CHECK_EQ(read.options.max_floors, 5);
  CHECK_EQ(read.options.server.forget_after, hours(24 * 90));
  CHECK_EQ(read.options.mirror.interval, hours(1));
}

TEST_CASE("the command line, then our variables, then Nebraska's") {
  Read read;
  read.variables = {{"NEBRASKA_DB_URL", "postgres://theirs"},
                    {"UPDATE_SERVICE_DATABASE", "ours"},
                    {"UPDATE_SERVICE_PORT", "81"},
                    {"UPDATE_SERVICE_HOST", "::1"},
                    {"UPDATE_SERVICE_OIDC_CLIENT_ID", ""}};
  REQUIRE(read.read({"-port", "82"}).has_value());
  CHECK_EQ(read.options.database, "ours");
  CHECK_EQ(read.options.port, 82);
  CHECK_EQ(read.options.host, "::1");
  CHECK_EQ(read.options.oidc.login.provider.client_id, "");
}

TEST_CASE("a variable that can't be read is named") {
  for (const char* name : {"NEBRASKA_MAX_FLOORS_PER_RESPONSE", "UPDATE_SERVICE_PORT"}) {
    Read read;
    read.variables = {{name, "many"}};
    const auto done = read.read({});
    REQUIRE_FALSE(done.has_value());
    CHECK(done.error().text().starts_with(name));
  }
}

}  // namespace
}  // namespace argosy::update_service
