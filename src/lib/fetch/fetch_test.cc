#include "lib/fetch/fetch.h"

#include <cstdlib>
#include <unistd.h>

#include "lib/fetch/served_test.h"
#include "sys/clock/clock.h"

namespace argosy::fetch {
namespace {

TEST_CASE("a small answer") {
  Served served;
  served.answers = {answer("200 OK\r\nContent-Length: 5\r\nX-Word: Hi", "hello")};
  Request request = served.request("/path");
  request.fields = {{"X-Ask", "please"}};
  request.user = "somebody";
  const auto got = served.get(request);
  REQUIRE(got.response);
  CHECK_EQ(got.response->body, "hello");
  CHECK_EQ(got.response->head.status, 200);
  CHECK_EQ(got.response->head.size, 5);
  CHECK_EQ(got.response->head.value_of("x-word"), "Hi");
  REQUIRE_EQ(served.requests.size(), 1);
  CHECK(served.requests[0].starts_with("GET /path HTTP/1.1\r\n"));
  CHECK(served.requests[0].contains("X-Ask: please\r\n"));
  // Not over plain HTTP.
  CHECK_FALSE(served.requests[0].contains("Authorization"));
}

TEST_CASE("what goes wrong has a name") {
  struct Row {
    std::string name;
    Bytes answer;
    Failure failure;
  };
  const Row rows[] = {
      {"status", answer("404 Not Found\r\nContent-Length: 2", "no"), Failure::kStatus},
      {"cut", answer("200 OK\r\nContent-Length: 9", "hello"), Failure::kTruncated},
      {"nothing", "", Failure::kTruncated},
      {"garbage", "\x01\x02 no HTTP\r\n\r\n", Failure::kProtocol},
      {"loop", answer("302 Found\r\nLocation: /again\r\nContent-Length: 0", ""),
       Failure::kRedirects},
      {"scheme", answer("302 Found\r\nLocation: file:///etc/passwd\r\nContent-Length: 0", ""),
       Failure::kRedirects},
      {"large", answer("200 OK\r\nContent-Length: 101", Bytes(101, 'x')), Failure::kTooLarge},
      {"large without a length", answer("200 OK", Bytes(101, 'x')), Failure::kTooLarge},
      {"too early", answer("206 Partial\r\nContent-Length: 1", "x"), Failure::kStatus},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name);
    Served served;
    served.answers = {row.answer};
    Request request = served.request();
    request.limits.max_bytes = 100;
    const auto got = served.get(request);
    REQUIRE_FALSE(got.response);
    CHECK_EQ(name_of(got.failure), name_of(row.failure));
  }
}

TEST_CASE("requests that can't be made") {
  Served served;
  for (const char* url : {"file:///etc/hostname", "gopher://127.0.0.1/", "no URL", ""}) {
    CAPTURE(url);
    Request request = served.request();
    request.url = url;
    CHECK_FALSE(served.get(request).response);
  }
  Request request = served.request();
  request.fields = {{"X", "a\r\nY: b"}};
  CHECK_EQ(served.get(request).failure, Failure::kRequest);
  request = served.request();
  request.url = "http://127.0.0.1:1/";
  CHECK_EQ(served.get(request).failure, Failure::kConnect);
}

TEST_CASE("slow ones are given up") {
  Served served;
  served.closes = false;
  served.answers = {answer("200 OK\r\nContent-Length: 9", "hello")};
  Request request = served.request();
  request.limits.slow_time = seconds(1);
  CHECK_EQ(served.get(request).failure, Failure::kStalled);
  served.between = milliseconds(50);
  request.limits.slow_time = seconds(90);
  request.limits.total = milliseconds(300);
  CHECK_EQ(served.get(request).failure, Failure::kTimeout);
}

TEST_CASE("an interrupted body goes on where it stopped") {
  Served served;
  const Bytes cut = answer("200 OK\r\nContent-Length: 9\r\nETag: \"1\"", "hello");
  const Bytes rest = answer(
      "206 Partial\r\nContent-Range: bytes 5-8/9\r\nContent-Length: 4\r\nETag: \"1\"", "-you");
  Request request = served.request();
  request.limits.retries = 3;
  SUBCASE("by a range") {
    served.answers = {cut, rest};
    const auto got = served.get(request);
    REQUIRE(got.response);
    CHECK_EQ(got.response->body, "hello-you");
    CHECK(served.requests[1].contains("Range: bytes=5-\r\n"));
  }
  SUBCASE("of a server that ignores ranges") {
    served.answers = {cut, answer("200 OK\r\nContent-Length: 9\r\nETag: \"1\"", "hello-you")};
    const auto got = served.get(request);
    REQUIRE(got.response);
    CHECK_EQ(got.response->body, "hello-you");
  }
  SUBCASE("but not with something else") {
    served.answers = {cut, answer("200 OK\r\nContent-Length: 9\r\nETag: \"2\"", "jello-you")};
    CHECK_EQ(served.get(request).failure, Failure::kProtocol);
  }
  SUBCASE("but not with another range") {
    served.answers = {cut, answer("206 Partial\r\nContent-Range: bytes 4-8/9\r\nETag: \"1\"", "o")};
    CHECK_EQ(served.get(request).failure, Failure::kProtocol);
  }
  SUBCASE("not for ever") {
    served.answers = {cut, answer("206 Partial\r\nContent-Range: bytes 5-8/9\r\n"
                                  "Content-Length: 4\r\nETag: \"1\"",
                                  "")};
    CHECK_EQ(served.get(request).failure, Failure::kTruncated);
    CHECK_EQ(served.requests.size(), 4);
  }
}

Task<void> read_slowly(Served* served, Transfer* transfer, size_t* size) {
  while (true) {
    co_await sleep_for(served->loop, milliseconds(1));
    const auto piece = co_await transfer->read();
    if (!piece) break;
    *size += piece->size();
  }
  served->loop.stop();
}

TEST_CASE("a reader that is slower than the sender holds it up and loses nothing") {
  Served served;
  const size_t size = size_t{3} << 20;
  served.answers = {answer(format("200 OK\r\nContent-Length: {}", size), Bytes(size, 'x'))};
  Request request = served.request();
  request.limits.buffered_bytes = 64 << 10;
  Transfer transfer(served.loop, request);
  size_t got = 0;
  Scope scope(served.loop);
  scope.spawn(read_slowly(&served, &transfer, &got));
  served.loop.run();
  CHECK_EQ(got, size);
}

TEST_CASE("a transfer that is dropped ends at once") {
  Served served;
  served.closes = false;
  served.answers = {answer("200 OK\r\nContent-Length: 9", "")};
  const MonotonicTime begin = real_clock().now();
  {
    const Transfer transfer(served.loop, served.request());
  }
  CHECK_LT((real_clock().now() - begin).count(), Duration(seconds(5)).count());
}

TEST_CASE("a file, where it is allowed") {
  char path[] = "/tmp/argosy fetch XXXXXX";
  const int fd = ::mkstemp(path);
  REQUIRE(fd >= 0);
  REQUIRE_EQ(::write(fd, "0123456789", 10), 10);
  ::close(fd);
  Served served;
  Request request = served.request();
  request.url = file_url(path);
  request.from = 4;
  CHECK_FALSE(served.get(request).response);
  request.allows_file = true;
  const auto got = served.get(request);
  ::unlink(path);
  REQUIRE(got.response);
  CHECK_EQ(got.response->body, "456789");
  CHECK_EQ(got.response->head.size, 10);
}

}  // namespace
}  // namespace argosy::fetch
