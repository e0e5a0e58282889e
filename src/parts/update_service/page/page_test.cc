#include "parts/update_service/page/page.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "io/http/client.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"

namespace argosy::update_service {
namespace {

struct Answer {
  ResponseHead head;
  Bytes body;
  std::string_view field(std::string_view name) const { return head.headers.value_of(name); }
};

Task<void> ask(UvLoop& loop, uint16_t port, const char* method, const char* target, Headers headers,
               Answer& answer) {
  auto stream = co_await loop.network().connect({"127.0.0.1", port, {}});
  HttpConnection connection(loop, std::move(stream), "127.0.0.1");
  answer.head = co_await connection.request(method, target, std::move(headers), "");
  answer.body = co_await connection.read_all(1 << 20);
}

// A server for as long as one request takes.
Answer get(Page& page, const char* target, const char* method = "GET", Headers headers = {}) {
  UvLoop loop;
  HttpServer server(loop, {.h2 = {}, .handler = page.handler(), .take_h2 = {}});
  Answer answer;
  std::optional<Error> why;
  struct Body {
    static Task<void> all(UvLoop* of_loop, HttpServer* of_server, uint16_t port, const char* method,
                          const char* target, Headers headers, Answer* answer) {
      const auto done =
          co_await result(ask(*of_loop, port, method, target, std::move(headers), *answer));
      (void)co_await result(of_server->drain());
      of_loop->stop();
      co_await done;
    }
  };
  Scope scope(loop, [&](const Error& error) { why = error; });
  auto listener = loop.network().listen({"127.0.0.1", 0, {}}, [&](std::unique_ptr<Stream> stream) {
    server.serve(std::move(stream));
  });
  REQUIRE(listener);
  scope.spawn(
      Body::all(&loop, &server, (*listener)->port(), method, target, std::move(headers), &answer));
  loop.run();
  if (why) FAIL(why->text());
  return answer;
}

std::vector<PageFile> some_files() {
  return {{"index.html", "<p>the index"}, {"assets/a-1.js", "a()"}, {"icon.svg", "<svg/>"}};
}

TEST_CASE("files have types, tags and lifetimes") {
  Page page(some_files());
  const Answer index = get(page, "/");
  CHECK(index.head.status == 200);
  CHECK(index.body == "<p>the index");
  CHECK(index.field("content-type") == "text/html; charset=utf-8");
  CHECK(index.field("cache-control") == "no-cache");
  const Answer script = get(page, "/assets/a-1.js?x=1");
  CHECK(script.body == "a()");
  CHECK(script.field("content-type") == "text/javascript; charset=utf-8");
  CHECK(script.field("cache-control") == "public, max-age=31536000, immutable");
  CHECK(script.field("etag") != index.field("etag"));
  const std::string etag(script.field("etag"));
  const Answer same = get(page, "/assets/a-1.js", "GET", {{"if-none-match", "\"x\", " + etag}});
  CHECK(same.head.status == 304);
  CHECK(same.body.empty());
  CHECK(get(page, "/assets/a-1.js", "GET", {{"if-none-match", "\"x\""}}).head.status == 200);
  CHECK(get(page, "/icon.svg", "HEAD").body.empty());
  CHECK(get(page, "/", "POST").head.status == 405);
}

TEST_CASE("paths of the page's script get the index, missing files do not") {
  Page page(some_files());
  for (const char* path : {"/activity", "/apps/1/groups/2", "/../etc/passwd", "/%2e%2e/x"}) {
    CAPTURE(path);
    CHECK(get(page, path, "GET", {{"accept", "text/html,*/*;q=0.8"}}).body == "<p>the index");
    CHECK(get(page, path, "GET", {{"accept", "*/*"}}).head.status == 404);
  }
  CHECK(get(page, "/assets/a-2.js").head.status == 404);
}

TEST_CASE("every response has the policy") {
  Page page(some_files());
  for (const char* path : {"/", "/assets/a-1.js", "/assets/none"}) {
    const Answer answer = get(page, path);
    const std::string policy(answer.field("content-security-policy"));
    CHECK(policy.find("default-src 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(answer.field("x-content-type-options") == "nosniff");
  }
}

TEST_CASE("without a page it says how to build one") {
  Page page({});
  CHECK(get(page, "/").body.find("./argosy web") != std::string::npos);
}

TEST_CASE("a directory is read whole") {
  std::string pattern = std::filesystem::temp_directory_path() / "argosy-page-XXXXXX";
  const std::filesystem::path place = ::mkdtemp(pattern.data());
  std::filesystem::create_directories(place / "assets");
  std::ofstream(place / "index.html") << "one";
  std::ofstream(place / "assets/b.css") << "two";
  std::ofstream(place / ".hidden") << "three";
  const auto files = read_page_files(real_disk(), place);
  REQUIRE(files);
  REQUIRE(files->size() == 2);
  CHECK(files->front().path == "assets/b.css");
  CHECK(files->front().content == "two");
  std::filesystem::resize_file(place / "index.html", (16 << 20) + 1);
  CHECK_FALSE(read_page_files(real_disk(), place));
  std::filesystem::remove_all(place);
  CHECK_FALSE(read_page_files(real_disk(), place));
}

}  // namespace
}  // namespace argosy::update_service
