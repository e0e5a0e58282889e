// Files of packages over real sockets, into a directory of their own.
#include <doctest/doctest.h>
#include <filesystem>

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/http/server.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/json/json.h"
#include "parts/update_service/api/api.h"
#include "parts/update_service/auth/accounts.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/crypto/digest.h"
#include "sys/file/disk.h"

namespace argosy::update_service::api {
namespace {

constexpr std::string_view kRoot = "root's token";
constexpr uint64_t kLimit = 1 << 20;

struct Reply {
  int status = 0;
  json::Value value;  // null if the body is no JSON
};

class Service {
 public:
  explicit Service(bool hosts = true) : random_(7) {
    char pattern[] = "/tmp/argosy-upload-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    path_ = pattern;
    std::vector<sql::Step> steps;
    for (const auto& all : {store::steps(), auth::steps(), auth::session_steps()}) {
      steps.insert(steps.end(), all.begin(), all.end());
    }
    desk_ = *Desk::open(loop_, {.database = ":memory:", .steps = std::move(steps)});
    REQUIRE(run<bool>(desk_->write<bool>([](sql::Database& database) {
      return store::add_defaults(database, real_clock().wall_now());
    })));
    ApiOptions options;
    options.gate.root_token = kRoot;
    options.max_upload = kLimit;
    hosting_ = *Hosting::open(loop_, path_);
    if (hosts) options.hosting = hosting_.get();
    api_ = std::make_unique<Api>(loop_, *desk_, real_clock(), random_, std::move(options));
    server_ = std::make_unique<HttpServer>(
        loop_, HttpServerOptions{.h2 = {}, .handler = api_->handler(), .take_h2 = {}});
    listener_ = *loop_.network().listen(
        {"127.0.0.1", 0}, [this](std::unique_ptr<Stream> one) { server_->serve(std::move(one)); });
  }
  ~Service() { (void)remove_all(real_disk(), path_); }
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  Reply call(std::string method, std::string target, Bytes body = "",
             std::string_view token = kRoot) {
    const auto reply = run<Reply>(
        exchange(std::move(method), std::move(target), std::move(body), std::string(token)));
    REQUIRE_MESSAGE(reply, reply.error().text());
    return *reply;
  }
  // In chunks, so that nobody knows how much there will be.
  Reply call_in_chunks(std::string target, Bytes body) {
    const auto reply = run<Reply>(chunks(std::move(target), std::move(body)));
    REQUIRE_MESSAGE(reply, reply.error().text());
    return *reply;
  }
  // Promises more than it sends, and goes when the service has begun to write.
  void cut(std::string target, Bytes body) {
    const auto done = run<void>(send_half(std::move(target), std::move(body)));
    REQUIRE_MESSAGE(done, done.error().text());
  }

  // A new package's path; what is empty or zero is not announced.
  std::string add(std::string_view version, uint64_t size, std::string_view sha256 = "") {
    const json::Value body = json::Object{{"type", 1},          {"arch", 1},
                                          {"version", version}, {"filename", "update.gz"},
                                          {"size", size},       {"hash256", sha256}};
    const Reply made = call("POST", packages(), json::to_text(body));
    REQUIRE(made.status == 200);
    return packages() + "/" + std::string(made.value.text_of("id"));
  }
  static std::string packages() {
    return format("/api/apps/{}/packages", model::kContainerLinuxId);
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) {
      names.push_back(entry.path().filename());
    }
    return names;
  }
  std::string path(const std::string& name) const { return join_path(path_, name); }

 private:
  template <typename T>
  Result<T> run(Task<T> task) {
    std::optional<Result<T>> outcome;
    Scope scope(loop_);
    scope.spawn(keep(std::move(task), &outcome, &loop_));
    loop_.run();
    return *std::move(outcome);
  }
  template <typename T>
  static Task<void> keep(Task<T> task, std::optional<Result<T>>* outcome, UvLoop* loop) {
    outcome->emplace(co_await result(std::move(task)));
    loop->stop();
  }

  Task<Reply> answer_of(HttpConnection& connection, const ResponseHead& head) {
    Reply reply{.status = head.status, .value = {}};
    const Bytes body = co_await connection.read_all(1 << 20);
    if (auto value = json::parse(body)) reply.value = *std::move(value);
    co_return reply;
  }
  Task<Reply> exchange(std::string method, std::string target, Bytes body, std::string token) {
    auto stream = co_await loop_.network().connect({"127.0.0.1", listener_->port()});
    HttpConnection connection(loop_, std::move(stream), "localhost");
    const ResponseHead head = co_await connection.request(
        std::move(method), std::move(target), {{"Authorization", format("Bearer {}", token)}},
        std::move(body));
    co_return co_await answer_of(connection, head);
  }
  Task<Reply> chunks(std::string target, Bytes body) {
    auto stream = co_await loop_.network().connect({"127.0.0.1", listener_->port()});
    HttpConnection connection(loop_, std::move(stream), "localhost");
    connection.begin(
        "PUT", target,
        {{"Authorization", format("Bearer {}", kRoot)}, {"Transfer-Encoding", "chunked"}});
    for (BytesView rest = body; !rest.empty();) {
      const BytesView piece = rest.substr(0, 50'000);
      connection.write(format("{:x}\r\n{}\r\n", piece.size(), piece));
      rest.remove_prefix(piece.size());
    }
    connection.write("0\r\n\r\n");
    const ResponseHead head = co_await connection.response();
    co_return co_await answer_of(connection, head);
  }
  Task<void> send_half(std::string target, Bytes body) {
    {
      auto stream = co_await loop_.network().connect({"127.0.0.1", listener_->port()});
      HttpConnection connection(loop_, std::move(stream), "localhost");
      connection.begin("PUT", target,
                       {{"Authorization", format("Bearer {}", kRoot)},
                        {"Content-Length", format("{}", 2 * body.size())}});
      connection.write(body);
      while (files().empty()) co_await sleep_for(loop_, milliseconds(1));
    }
    while (!files().empty()) co_await sleep_for(loop_, milliseconds(1));
  }

  UvLoop loop_;
  SeededRandom random_;
  std::string path_;
  std::unique_ptr<Desk> desk_;
  std::unique_ptr<Hosting> hosting_;
  std::unique_ptr<Api> api_;
  std::unique_ptr<HttpServer> server_;
  std::unique_ptr<Listener> listener_;
};

Bytes some_bytes(size_t size) {
  SeededRandom random(size);
  Bytes bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random.next());
  return bytes;
}

}  // namespace

TEST_CASE("a file is taken in, measured, attached and audited; again is no harm") {
  Service service;
  const Bytes bytes = some_bytes(700'001);
  const std::string package = service.add("2.0.0", 0);
  const Reply made = service.call("PUT", package + "/file", bytes);
  REQUIRE(made.status == 200);
  const std::string name(made.value.text_of("filename"));
  CHECK(made.value.text_of("url") == "/flatcar/");
  CHECK(name == std::string(made.value.text_of("id")) + "-update.gz");
  CHECK(made.value.text_of("size") == "700001");
  CHECK(made.value.text_of("hash") == to_base64(sha1(bytes)));
  CHECK(made.value.text_of("hash256") == to_base64(sha256(bytes)));
  CHECK(*read_file(real_disk(), service.path(name)) == bytes);
  CHECK(service.call_in_chunks(package + "/file", bytes).status == 200);
  CHECK(service.files() == std::vector{name});
  Bytes other = bytes;
  other.back() ^= 1;
  CHECK(service.call("PUT", package + "/file", other).status == 409);
  CHECK(*read_file(real_disk(), service.path(name)) == bytes);
  const Reply audit = service.call("GET", "/api/audit");
  CHECK(audit.value.find("entries")->as_array()->front().text_of("action") == "package.upload");
  CHECK(service.call("DELETE", package).status == 204);
  CHECK(service.files().empty());
}

TEST_CASE("what is not as announced leaves nothing") {
  Service service;
  const Bytes bytes = some_bytes(100'000);
  const std::string sized = service.add("2.0.0", bytes.size());
  CHECK(service.call("PUT", sized + "/file", bytes.substr(1)).status == 409);
  CHECK(service.call_in_chunks(sized + "/file", bytes + "x").status == 409);
  CHECK(service.call_in_chunks(sized + "/file", bytes.substr(1)).status == 409);
  const std::string hashed = service.add("3.0.0", 0, to_base64(sha256("other")));
  CHECK(service.call("PUT", hashed + "/file", bytes).status == 409);
  CHECK(service.call("PUT", hashed + "/file", "").status == 400);
  const std::string open = service.add("4.0.0", 0);
  CHECK(service.call("PUT", open + "/file", some_bytes(kLimit + 1)).status == 413);
  CHECK(service.call_in_chunks(open + "/file", some_bytes(kLimit + 1)).status == 413);
  CHECK(service.call("PUT", Service::packages() + "/none/file", bytes).status == 404);
  CHECK(service.files().empty());
  for (const std::string& package : {sized, hashed, open}) {
    CHECK(service.call("GET", package).value.text_of("url").empty());
  }
  CHECK(service.call("PUT", sized + "/file", bytes).status == 200);
}

TEST_CASE("an upload that is cut off leaves nothing, and the next one is whole") {
  Service service;
  const Bytes bytes = some_bytes(300'000);
  const std::string package = service.add("2.0.0", 2 * bytes.size());
  service.cut(package + "/file", bytes);
  CHECK(service.call("GET", package).value.text_of("url").empty());
  CHECK(service.call("PUT", package + "/file", bytes + bytes).status == 200);
  CHECK(service.files().size() == 1);
}

TEST_CASE("who may not, and where nothing is hosted") {
  Service service;
  const std::string package = service.add("2.0.0", 0);
  service.call("POST", "/api/users", R"({"name":"vera","role":"viewer"})");
  const Reply made = service.call("POST", "/api/users/vera/tokens", R"({"note":"test"})");
  CHECK(service.call("PUT", package + "/file", "x", made.value.text_of("token")).status == 403);
  CHECK(service.call("PUT", package + "/file", "x", "a token of nobody").status == 401);
  CHECK(service.files().empty());
  Service without(false);
  const Reply refused = without.call("PUT", without.add("2.0.0", 0) + "/file", "x");
  CHECK(refused.status == 409);
  CHECK(refused.value.text_of("description").find("-host-flatcar-packages") != std::string::npos);
}

}  // namespace argosy::update_service::api
