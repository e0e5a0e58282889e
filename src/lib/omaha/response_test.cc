#include "lib/omaha/response.h"

#include "lib/omaha/client_response.h"
#include "lib/omaha/golden_test.h"

using namespace argosy;
using namespace argosy::omaha;

namespace {

constexpr std::string_view kSha1 = "2jmj7l5rSw0yVb/vlWAYkK/YBwk=";
constexpr std::string_view kSha256 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

Response full_response() {
  Package package{"update.gz", std::string(kSha1), std::string(kSha256), 1234567, true, {}};
  Action action;
  action.event = "postinstall";
  action.display_version = "2.0.0";
  action.sha256 = kSha256;
  action.needs_admin = true;
  action.is_delta = true;
  action.disables_backoff = true;
  action.max_failures_per_url = 3;
  action.metadata_signature_rsa = "c2ln";
  action.metadata_size = "99";
  action.deadline = "now";
  action.more_info = "https://example.com/?a=1&b=2";
  action.prompts = true;
  action.is_rollback = true;
  Manifest floor{"1.5.0", {package}, {action}, true, "needs \"this\" first", false};
  floor.packages[0].metadata = Metadata{"text/plain", "<free> text"};
  const Manifest target{"2.0.0", {package}, {action}, false, "", true};
  const Update update{"ok", {"http://a.example/p/", "http://b.example/p/"}, {floor, target}};
  Response response;
  response.server = "argosy";
  response.apps = {{"{e96281a6}", "ok", true, update, 2},
                   {"{x}", "error-unknownApplication", false, {}, 0},
                   {"{y}", "ok", true, Update{"noupdate", {}, {}}, 0}};
  return response;
}

}  // namespace

TEST_CASE("a response with everything in it, byte by byte and back") {
  const Response response = full_response();
  check_golden("response_full.xml", to_xml(response));
  CHECK(parse_response(to_xml(response)) == response);
}

TEST_CASE("no update: the lists are there all the same") {
  Response response;
  response.server = "go-omaha";
  response.apps = {{"{e96281a6}", "ok", true, Update{"noupdate", {}, {}}, 1}};
  check_golden("response_noupdate.xml", to_xml(response));
  response.apps[0].update = Update{"ok", {}, {Manifest{"1.0.0", {}, {}, false, "", false}}};
  check_golden("response_empty_manifest.xml", to_xml(response));
}

TEST_CASE("responses that are none") {
  CHECK(parse_response("<request protocol=\"3.0\"/>").error().message() ==
        "expected element type <response> but have <request>");
  CHECK(parse_response("<response protocol=\"2.0\"/>").error().message() ==
        "unsupported omaha protocol: \"2.0\"");
  CHECK_FALSE(parse_response(
      "<response protocol=\"3.0\"><app><updatecheck><manifest><packages><package size=\"x\"/>"
      "</packages></manifest></updatecheck></app></response>"));
}

TEST_CASE("digests in base64 or hex") {
  CHECK(read_digest(kSha256, 32) ==
        read_digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 32));
  CHECK(read_digest(kSha1, 20)->size() == 20);
  CHECK_FALSE(read_digest(kSha1, 32));
  CHECK_FALSE(read_digest("", 32));
  CHECK_FALSE(read_digest(std::string(64, 'x'), 32));
}

TEST_CASE("what update_engine takes from the smallest good response") {
  const auto update = read_client_response(read_testdata("golden/response_minimal.xml"));
  REQUIRE(update);
  ClientUpdate expected;
  expected.has_update = true;
  expected.version = "1.2.3";
  expected.urls = {"http://h/p/update.gz"};
  expected.size = 4096;
  expected.package = "update.gz";
  expected.sha256 = kSha256;
  expected.disables_backoff = true;
  CHECK(*update == expected);
}

TEST_CASE("elements are looked for in the whole document, and the first counts") {
  const auto update = read_client_response(to_xml(full_response()));
  REQUIRE(update);
  CHECK(update->version == "1.5.0");
  CHECK(update->urls ==
        std::vector<std::string>{"http://a.example/p/update.gz", "http://b.example/p/update.gz"});
  CHECK(update->max_failures_per_url == 3);
  CHECK(update->is_delta);
  CHECK(update->needs_admin);
  CHECK(update->prompts);
  CHECK(update->is_rollback);
  CHECK(update->deadline == "now");
  CHECK(update->more_info == "https://example.com/?a=1&b=2");
}

TEST_CASE("no update still says when to ask again") {
  const auto update = read_client_response(
      "<response><app><updatecheck status='noupdate' PollInterval='2700'/></app></response>");
  REQUIRE(update);
  CHECK_FALSE(update->has_update);
  CHECK(update->poll_seconds == 2700);
  const auto poll = [](std::string_view text) {
    return read_client_response(format("<response><app><updatecheck status='noupdate' "
                                       "PollInterval='{}'/></app></response>",
                                       text))
        ->poll_seconds;
  };
  CHECK(poll("-5") == -5);
  CHECK(poll("+5") == 0);
  CHECK(poll("5s") == 0);
  CHECK(poll("99999999999") == 0);
}

TEST_CASE("loose numbers and missing slashes") {
  std::string body = read_testdata("golden/response_minimal.xml");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = body;
    changed.replace(changed.find(from), from.size(), to);
    return changed;
  };
  CHECK(read_client_response(with("size=\"4096\"", "size=\" 0x10 bytes\""))->size == 16);
  CHECK(read_client_response(with("size=\"4096\"", "size=\"010\""))->size == 8);
  const std::string no_slash = with("http://h/p/", "http://h/p");
  CHECK(read_client_response(no_slash)->urls.front() == "http://h/p/update.gz");
  CHECK(read_client_response(no_slash, {.adds_slash = false})->urls.front() ==
        "http://h/pupdate.gz");
  const auto limit = [&](std::string_view text) {
    return read_client_response(
               with("DisablePayloadBackoff", format("MaxFailureCountPerUrl=\"{}\" x", text)))
        ->max_failures_per_url;
  };
  CHECK(limit("0") == 0);
  CHECK(limit("7") == 7);
  CHECK(limit("-1") == 10);
  CHECK(limit("many") == 10);
}

TEST_CASE("bodies that are no response have their codes") {
  CHECK(static_cast<int>(read_client_response("").error().defect) == 30);
  CHECK(static_cast<int>(read_client_response("hello").error().defect) == 31);
}

TEST_CASE("the channel's signed metadata travel as base64, with and without an update") {
  Response response = full_response();
  response.apps[0].channel_metadata = "{\"signed\":\xff}";
  const std::string text = to_xml(response);
  CHECK(text.find("<channel_metadata><![CDATA[eyJzaWduZWQiOv99]]></channel_metadata>") !=
        std::string::npos);
  CHECK(parse_response(text) == response);
  response.apps = {response.apps[0]};
  const auto update = read_client_response(to_xml(response));
  REQUIRE(update);
  CHECK(update->channel_metadata == response.apps[0].channel_metadata);
  CHECK(update->package == "update.gz");

  response.apps[0].update = Update{"noupdate", {}, {}};
  const auto nothing = read_client_response(to_xml(response));
  REQUIRE(nothing);
  CHECK_FALSE(nothing->has_update);
  CHECK(nothing->channel_metadata == response.apps[0].channel_metadata);
}

TEST_CASE("channel metadata that are no base64: a strict reader refuses, a client has none") {
  const std::string text =
      "<response protocol=\"3.0\"><app appid=\"x\" status=\"ok\"><updatecheck "
      "status=\"noupdate\"/><channel_metadata>?</channel_metadata></app></response>";
  CHECK(parse_response(text).error().message() == "the channel's metadata are no base64");
  REQUIRE(read_client_response(text));
  CHECK(read_client_response(text)->channel_metadata.empty());
}
