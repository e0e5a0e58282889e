// Requests in the bytes that machines send, and what they are answered, byte by byte, one
// after the other on one database (testdata/golden); ARGOSY_REWRITE=1 writes the answers
// anew.
#include <cstdlib>
#include <doctest/doctest.h>

#include "base/format.h"
#include "parts/update_service/answer/answer.h"
#include "parts/update_service/store/catalog_store.h"
#include "parts/update_service/store/desk.h"
#include "sys/file/disk.h"

namespace argosy::update_service {
namespace {

const WallTime kNow{seconds(1795431600)};

template <typename T>
T must(Result<T> outcome) {
  if (!outcome) FAIL(outcome.error().text());
  return *std::move(outcome);
}

std::string add_package(sql::Database& database, const std::string& application,
                        const std::string& version, const std::string& source = "") {
  model::Package package;
  package.application_id = application;
  package.version = version;
  package.source_version = source;
  package.url = source.empty() ? "http://files.example/amd64-usr/" + version : "/flatcar/";
  package.filename = source.empty() ? "update.gz" : "delta.gz";
  package.size = 123456;
  package.sha1 = to_base64(Bytes(20, '1'));
  package.sha256 = to_base64(Bytes(32, '2'));
  if (source.empty()) package.extra_files = {{.name = "oem-ami.gz", .size = 77}};
  return must(store::add(database, package, kNow)).id;
}

void add_other_application(sql::Database& database) {
  model::Application application{.product_id = "com.example.agent", .name = "Agent"};
  application = must(store::add(database, application, kNow));
  model::Package package;
  package.application_id = application.id;
  package.type = model::PackageType::kOther;
  package.version = "1.0";
  package.url = "https://files.example/agent/";
  package.filename = "agent.tar.gz";
  model::Channel channel{.application_id = application.id, .name = "main", .color = "#000"};
  channel.package_id = must(store::add(database, package, kNow)).id;
  model::Group group;
  group.application_id = application.id;
  group.name = "All";
  group.track = "stable";
  group.channel_id = must(store::add(database, channel, kNow)).id;
  must(store::add(database, group, kNow));
}

void fill(sql::Database& database) {
  must(store::add_defaults(database, kNow));
  const std::string flatcar(model::kContainerLinuxId);
  const std::string floor = add_package(database, flatcar, "1.5.0");
  add_package(database, flatcar, "1.5.0", "1.0.0");
  const std::string target = add_package(database, flatcar, "2.0.0");
  const auto catalog = must(store::load_catalog(database));
  model::Channel channel = *catalog->channel(flatcar, "stable", model::Arch::kAmd64);
  channel.package_id = target;
  channel.floors = {{floor, "a larger boot partition"}};
  channel.metadata = "signed text";
  REQUIRE(store::change(database, channel, kNow));
  add_other_application(database);
}

}  // namespace

TEST_CASE("what machines send and what they are answered, byte by byte") {
  auto database = must(sql::open_sqlite(":memory:"));
  REQUIRE(sql::migrate(*database, store::steps()));
  fill(*database);
  Answerer answerer(real_disk(), {});
  constexpr std::string_view kSuffix = "_request.xml";
  size_t seen = 0;
  for (const std::string& name : must(real_disk().list("testdata/golden"))) {
    if (!name.ends_with(kSuffix)) continue;
    ++seen;
    CAPTURE(name);
    const std::string stem = name.substr(0, name.size() - kSuffix.size());
    const auto text = must(read_file(real_disk(), "testdata/golden/" + name));
    const omaha::Request request = must(omaha::parse_request(text));
    const Origin origin{.ip = "10.0.0.1", .base_url = "https://updates.example"};
    const std::string answer =
        omaha::to_xml(must(answerer.answer(*database, request, origin, kNow)));
    const std::string path = format("testdata/golden/{}_response.xml", stem);
    if (std::getenv("ARGOSY_REWRITE") != nullptr) {
      REQUIRE(replace_file(real_disk(), path, answer, 0644));
    }
    CHECK(must(read_file(real_disk(), path)) == answer);
  }
  CHECK(seen == 9);
}

}  // namespace argosy::update_service
