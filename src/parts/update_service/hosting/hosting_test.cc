#include "parts/update_service/hosting/hosting.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "parts/update_service/hosting/range.h"
#include "sys/crypto/digest.h"

namespace argosy::update_service {
namespace {

struct Place {
  std::string path;
  Place() {
    std::string pattern = (std::filesystem::temp_directory_path() / "argosy-hosting-XXXXXX");
    path = ::mkdtemp(pattern.data());
  }
  ~Place() { std::filesystem::remove_all(path); }
};

Bytes some_bytes(size_t size) {
  Bytes bytes(size, '\0');
  for (size_t i = 0; i < size; ++i) bytes[i] = static_cast<char>(i * 7 + i / 251);
  return bytes;
}

void run(UvLoop& loop, Task<void> task) {
  std::optional<Error> why;
  Scope scope(loop, [&](const Error& error) { why = error; });
  struct Body {
    static Task<void> all(UvLoop* of_loop, Task<void> inner) {
      const auto done = co_await result(std::move(inner));
      of_loop->stop();
      co_await done;
    }
  };
  scope.spawn(Body::all(&loop, std::move(task)));
  loop.run();
  if (why) FAIL(why->text());
}

Task<HostedFile> put(Hosting& hosting, std::string name, Bytes bytes, ExpectedFile expected = {}) {
  Upload upload = co_await hosting.begin(std::move(name), 10 << 20);
  co_await upload.write(bytes.substr(0, bytes.size() / 2));
  co_await upload.write(bytes.substr(bytes.size() / 2));
  co_return co_await upload.finish(std::move(expected));
}

struct Answer {
  ResponseHead head;
  Bytes body;
};

Task<Answer> get(UvLoop& loop, uint16_t port, std::string method, std::string target,
                 Headers headers) {
  auto stream = co_await loop.network().connect({"127.0.0.1", port, {}});
  HttpConnection connection(loop, std::move(stream), "127.0.0.1");
  Answer answer;
  answer.head =
      co_await connection.request(std::move(method), std::move(target), std::move(headers), "");
  answer.body = co_await connection.read_all(10 << 20);
  co_return answer;
}

Task<void> check_serving(UvLoop& loop, uint16_t port, Hosting& hosting) {
  const Bytes bytes = some_bytes(3'000'001);
  const HostedFile file = co_await put(hosting, "update.gz", bytes);
  CHECK(file.size == bytes.size());
  CHECK(file.sha1 == to_base64(sha1(bytes)));
  CHECK(file.sha256 == to_base64(sha256(bytes)));
  const Answer whole = co_await get(loop, port, "GET", "/p/update.gz", {});
  CHECK(whole.head.status == 200);
  CHECK(whole.body == bytes);
  const std::string etag(whole.head.headers.value_of("etag"));
  CHECK(whole.head.headers.value_of("accept-ranges") == "bytes");
  const Answer head = co_await get(loop, port, "HEAD", "/p/update.gz", {});
  CHECK(head.body.empty());
  CHECK(head.head.headers.value_of("content-length") == "3000001");
  const Answer part = co_await get(loop, port, "GET", "/p/update.gz",
                                   {{"range", "bytes=2999990-"}, {"if-range", etag}});
  CHECK(part.head.status == 206);
  CHECK(part.body == bytes.substr(2999990));
  CHECK(part.head.headers.value_of("content-range") == "bytes 2999990-3000000/3000001");
  const Answer past =
      co_await get(loop, port, "GET", "/p/update.gz", {{"range", "bytes=3000001-"}});
  CHECK(past.head.status == 416);
  CHECK(past.head.headers.value_of("content-range") == "bytes */3000001");
  const Answer same = co_await get(loop, port, "GET", "/p/update.gz", {{"if-none-match", etag}});
  CHECK(same.head.status == 304);
  for (const char* target : {"/p/", "/p/none", "/p/../secret", "/p/%2e%2e/secret", "/p/link",
                             "/p/.upload-1", "/p/sub", "/p//update.gz"}) {
    CAPTURE(target);
    const Answer refused = co_await get(loop, port, "GET", target, {});
    CHECK(refused.head.status == 404);
  }
  const Answer below = co_await get(loop, port, "GET", "/p/sub/inside", {});
  CHECK(below.body == "inside");
  const Answer posted = co_await get(loop, port, "POST", "/p/update.gz", {});
  CHECK(posted.head.status == 405);
}

// Of two at once each gets its half, and both all of it.
Task<void> check_rate(UvLoop& loop, uint16_t port, Hosting& hosting) {
  const Bytes bytes = some_bytes(300'000);
  co_await put(hosting, "slow.gz", bytes);
  struct Client {
    static Task<void> fetch(UvLoop* of_loop, uint16_t of_port, Answer* answer) {
      *answer = co_await get(*of_loop, of_port, "GET", "/p/slow.gz", {});
    }
  };
  Answer one, other;
  Scope scope(loop);
  const MonotonicTime begin = loop.now();
  scope.spawn(Client::fetch(&loop, port, &one));
  scope.spawn(Client::fetch(&loop, port, &other));
  co_await scope.join();
  CHECK(one.body == bytes);
  CHECK(other.body == bytes);
  CHECK(loop.now() - begin >= milliseconds(550));
}

Task<void> check_uploads(Hosting& hosting) {
  const HostedFile file = co_await put(hosting, "a.gz", "content");
  const auto again = co_await result(put(hosting, "a.gz", "content"));
  CHECK(again);
  const auto other = co_await result(put(hosting, "a.gz", "another"));
  REQUIRE_FALSE(other);
  CHECK(other.error().code() == Code::kAlreadyExists);
  const auto damaged = co_await result(put(hosting, "b.gz", "damaged", {.sha256 = file.sha256}));
  REQUIRE_FALSE(damaged);
  CHECK(damaged.error().code() == Code::kDataLoss);
  const auto short_one = co_await result(put(hosting, "b.gz", "x", {.size = 2}));
  CHECK_FALSE(short_one);
  for (const char* name : {"", "..", ".hidden", "a/b", "a\nb"}) {
    const auto refused = co_await result(put(hosting, name, "x"));
    CHECK_FALSE(refused);
  }
  const auto large = co_await result(put(hosting, "c.gz", some_bytes((10 << 20) + 1)));
  REQUIRE_FALSE(large);
  CHECK(large.error().code() == Code::kResourceExhausted);
  const auto names = co_await hosting.list();
  CHECK(names == std::vector<std::string>{"a.gz"});
  const HostedFile described = co_await hosting.describe("a.gz");
  CHECK(described == file);
  co_await hosting.remove("a.gz");
  const auto gone = co_await result(hosting.remove("a.gz"));
  CHECK_FALSE(gone);
}

}  // namespace

TEST_CASE("files are served whole, in parts and not at all") {
  const Place place;
  const std::string root = place.path + "/packages";
  UvLoop loop;
  const auto hosting = Hosting::open(loop, root);
  REQUIRE(hosting);
  std::ofstream(place.path + "/secret") << "secret";
  std::filesystem::create_directory(root + "/sub");
  std::ofstream(root + "/sub/inside") << "inside";
  std::filesystem::create_symlink("../secret", root + "/link");
  HttpServer server(loop, {.h2 = {}, .handler = (*hosting)->handler("/p/"), .take_h2 = {}});
  const auto listener = loop.network().listen(
      {"127.0.0.1", 0, {}},
      [&](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); });
  REQUIRE(listener);
  run(loop, check_serving(loop, (*listener)->port(), **hosting));
}

TEST_CASE("all clients together share one rate") {
  const Place place;
  UvLoop loop;
  const auto hosting = Hosting::open(loop, place.path, 1'000'000);
  REQUIRE(hosting);
  HttpServer server(loop, {.h2 = {}, .handler = (*hosting)->handler("/p/"), .take_h2 = {}});
  const auto listener = loop.network().listen(
      {"127.0.0.1", 0, {}},
      [&](std::unique_ptr<Stream> stream) { server.serve(std::move(stream)); });
  REQUIRE(listener);
  run(loop, check_rate(loop, (*listener)->port(), **hosting));
}

TEST_CASE("what is not as expected leaves nothing behind") {
  const Place place;
  UvLoop loop;
  const auto hosting = Hosting::open(loop, place.path);
  REQUIRE(hosting);
  run(loop, check_uploads(**hosting));
  CHECK(std::filesystem::is_empty(place.path));
}

TEST_CASE("ranges") {
  struct Case {
    std::string range;
    std::string if_range;
    int status;
    uint64_t first;
    uint64_t size;
  };
  for (const Case& c : std::vector<Case>{{"", "", 200, 0, 100},
                                         {"bytes=0-0", "", 206, 0, 1},
                                         {"bytes=10-19", "", 206, 10, 10},
                                         {"bytes=90-200", "", 206, 90, 10},
                                         {"bytes=-5", "", 206, 95, 5},
                                         {"bytes=-500", "", 206, 0, 100},
                                         {"bytes=-0", "", 416, 0, 0},
                                         {"bytes=100-", "", 416, 0, 0},
                                         {"bytes=5-4", "", 200, 0, 100},
                                         {"bytes=a-b", "", 200, 0, 100},
                                         {"bytes=-", "", 200, 0, 100},
                                         {"bytes=0-1,4-5", "", 200, 0, 100},
                                         {"lines=0-1", "", 200, 0, 100},
                                         {"bytes=5-", "\"t\"", 206, 5, 95},
                                         {"bytes=5-", "\"old\"", 200, 0, 100},
                                         {"bytes=99999999999999999999-", "", 200, 0, 100}}) {
    CAPTURE(c.range);
    const Selection part = select({c.range, c.if_range, ""}, 100, "\"t\"");
    CHECK(part.status == c.status);
    CHECK(part.first == c.first);
    CHECK(part.size == c.size);
  }
  CHECK(select({"", "", "\"a\", W/\"t\""}, 100, "\"t\"").status == 304);
  CHECK(select({"", "", "*"}, 100, "\"t\"").status == 304);
  CHECK(select({"bytes=0-", "", ""}, 0, "\"t\"").status == 416);
}

}  // namespace argosy::update_service
