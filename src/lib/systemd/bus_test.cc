// Two programs on a real dbus-daemon of the test's own.
#include "lib/systemd/bus.h"

#include <csignal>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "sys/process/process.h"

namespace argosy::systemd {
namespace {

namespace fs = std::filesystem;

class DbusDaemon {
 public:
  DbusDaemon() {
    char pattern[] = "/tmp/argosy-bus-XXXXXX";
    REQUIRE(::mkdtemp(pattern) != nullptr);
    folder_ = pattern;
    std::ofstream(folder_ + "/bus.conf")
        << "<busconfig><listen>" << address() << "</listen><auth>EXTERNAL</auth>"
        << "<policy context=\"default\"><allow send_destination=\"*\"/>"
        << "<allow receive_type=\"*\"/><allow own=\"*\"/>"
        << "<deny send_interface=\"org.argosy.Forbidden\"/></policy></busconfig>\n";
    auto process = spawn({.program = "/usr/bin/dbus-daemon",
                          .arguments = {"dbus-daemon", "--nofork", "--nopidfile",
                                        "--config-file=" + folder_ + "/bus.conf"},
                          .environment = {},
                          .directory = {},
                          .fds = {},
                          .parent_death_signal = SIGKILL});
    REQUIRE(process);
    process_.emplace(*std::move(process));
    for (int i = 0; i < 500 && !listens(); ++i) ::usleep(10'000);
    REQUIRE(listens());
  }
  ~DbusDaemon() {
    stop();
    fs::remove_all(folder_);
  }
  std::string address() const { return format("unix:path={}/socket", folder_); }
  void stop() {
    (void)process_->signal(SIGKILL);
    (void)process_->wait(seconds(5));
  }

 private:
  // The socket's file is there a little before somebody listens.
  bool listens() const {
    const Fd client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    const std::string path = folder_ + "/socket";
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    return ::connect(client.get(), reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }

  std::string folder_;
  std::optional<Process> process_;
};

// Runs one coroutine to its end; it fails the test when it takes too long.
template <typename Body>
void run(Body body) {
  UvLoop loop;
  Scope scope(loop);
  std::optional<Result<void>> outcome;
  const auto story = [](UvLoop* on, Body* what, std::optional<Result<void>>* into) -> Task<void> {
    *into = co_await with_deadline(*on, on->now() + seconds(30), (*what)(on));
    on->stop();
  };
  loop.post([&] { scope.spawn(story(&loop, &body, &outcome)); });
  loop.run();
  REQUIRE(outcome);
  if (!*outcome) FAIL((*outcome).error().text());
}

Task<Values> echo(Values values) {
  co_return std::move(values);
}
Task<Values> refuse(Values) {
  co_return fail(Code::kFailedPrecondition, "not today");
}
Task<Values> add(Values values) {
  co_return Values{Value(*values[0].as<int32_t>() + *values[1].as<int32_t>())};
}

Interface test_interface() {
  Interface interface;
  interface.name = "org.argosy.Test1";
  interface.methods = {{"Echo", "bynqiuxtdsoasaia(sx)", "bynqiuxtdsoasaia(sx)", echo},
                       {"Add", "ii", "i", add},
                       {"Refuse", "", "", refuse},
                       {"Lie", "", "s", [](const Values&) { return add({Value(1), Value(2)}); }}};
  interface.signals = {{"Changed", "xs"}};
  interface.error_name = "org.argosy.Error.Refused";
  return interface;
}

MethodName method(std::string member) {
  return {"org.argosy.Test", "/org/argosy/test", "org.argosy.Test1", std::move(member)};
}

Task<void> serve(Bus* bus) {
  co_await bus->export_object("/org/argosy/test", test_interface());
  co_await bus->request_name("org.argosy.Test");
}

TEST_CASE("values of all types there and back") {
  DbusDaemon daemon;
  run([&](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on, std::string address) -> Task<void> {
      const auto server = co_await Bus::connect(*on, address);
      co_await serve(server.get());
      const auto client = co_await Bus::connect(*on, address);
      const Values all{Value(true),
                       Value(uint8_t{200}),
                       Value(int16_t{-5}),
                       Value(uint16_t{65000}),
                       Value(int32_t{-70000}),
                       Value(uint32_t{4'000'000'000}),
                       Value(int64_t{INT64_MIN}),
                       Value(uint64_t{UINT64_MAX}),
                       Value(0.25),
                       Value("t\xC3\xA4xt"),
                       Value(ObjectPath{"/a/b"}),
                       Value(Array{"s", {Value("x"), Value("")}}),
                       Value(Array{"i", {}}),
                       Value(Array{"(sx)", {Value(Struct{{Value("k"), Value(int64_t{1})}})}})};
      const Values back = co_await client->call(method("Echo"), all);
      CHECK(back == all);
      CHECK_EQ(signature_of(back), "bynqiuxtdsoasaia(sx)");
      const Values sum = co_await client->call(method("Add"), {Value(40), Value(2)});
      REQUIRE_EQ(sum.size(), 1);
      CHECK_EQ(*sum[0].as<int32_t>(), 42);
      // Introspection says what there is; variants and structs are read.
      const Values xml =
          co_await client->call({"org.argosy.Test", "/org/argosy/test",
                                 "org.freedesktop.DBus.Introspectable", "Introspect"});
      const std::string text(xml.at(0).text());
      CHECK(text.find("<method name=\"Add\">") != std::string::npos);
      CHECK(text.find("<signal name=\"Changed\">") != std::string::npos);
      const Values features =
          co_await client->call({"org.freedesktop.DBus", "/org/freedesktop/DBus",
                                 "org.freedesktop.DBus.Properties", "GetAll"},
                                {Value("org.freedesktop.DBus")});
      REQUIRE_EQ(features.size(), 1);
      CHECK_EQ(features[0].as<Array>()->element, "{sv}");
    }(loop, daemon.address());
  });
}

TEST_CASE("errors of a call") {
  DbusDaemon daemon;
  run([&](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on, std::string address) -> Task<void> {
      const auto server = co_await Bus::connect(*on, address);
      co_await serve(server.get());
      const auto client = co_await Bus::connect(*on, address);
      const auto refused = co_await result(client->call(method("Refuse")));
      REQUIRE_FALSE(refused);
      CHECK_EQ(refused.error().code(), Code::kUnknown);
      CHECK_EQ(refused.error().text(), "not today");
      const auto unknown = co_await result(client->call(method("Missing")));
      REQUIRE_FALSE(unknown);
      CHECK_EQ(unknown.error().code(), Code::kUnimplemented);
      const auto nobody =
          co_await result(client->call({"org.argosy.Nobody", "/x", "org.argosy.Test1", "Add"}));
      REQUIRE_FALSE(nobody);
      CHECK_EQ(nobody.error().code(), Code::kUnavailable);
      const auto bad = co_await result(client->call(method("Add"), {Value("1")}));
      REQUIRE_FALSE(bad);
      CHECK_EQ(bad.error().code(), Code::kInvalidArgument);
      const auto denied = co_await result(
          client->call({"org.argosy.Test", "/org/argosy/test", "org.argosy.Forbidden", "Add"}));
      REQUIRE_FALSE(denied);
      CHECK_EQ(denied.error().code(), Code::kPermissionDenied);
      const auto taken = co_await result(client->request_name("org.argosy.Test"));
      REQUIRE_FALSE(taken);
      CHECK_EQ(taken.error().code(), Code::kAlreadyExists);
      const auto path = co_await result(client->call({"org.argosy.Test", "no path", "a.b", "C"}));
      CHECK_FALSE(path);
    }(loop, daemon.address());
  });
}

TEST_CASE("a call without an answer ends at its limit") {
  DbusDaemon daemon;
  run([&](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on, std::string address) -> Task<void> {
      const auto server = co_await Bus::connect(*on, address);
      Interface slow;
      slow.name = "org.argosy.Test1";
      slow.methods = {{"Sleep", "", "", [on](const Values&) -> Task<Values> {
                         return [](UvLoop* where) -> Task<Values> {
                           co_await sleep_for(*where, seconds(20));
                           co_return Values();
                         }(on);
                       }}};
      co_await server->export_object("/org/argosy/test", std::move(slow));
      co_await server->request_name("org.argosy.Test");
      const auto client = co_await Bus::connect(*on, address);
      const auto began = on->now();
      const auto late = co_await result(client->call(method("Sleep"), {}, milliseconds(150)));
      REQUIRE_FALSE(late);
      CHECK_EQ(late.error().code(), Code::kDeadlineExceeded);
      CHECK_LT(on->now() - began, seconds(5));
      // A call that nobody waits for any more, when both ends go.
      auto dropped =
          with_deadline(*on, on->now() + milliseconds(50), client->call(method("Sleep")));
      CHECK_FALSE(co_await dropped);
    }(loop, daemon.address());
  });
}

TEST_CASE("signals arrive in order, where they match") {
  DbusDaemon daemon;
  run([&](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on, std::string address) -> Task<void> {
      const auto server = co_await Bus::connect(*on, address);
      co_await serve(server.get());
      const auto client = co_await Bus::connect(*on, address);
      std::vector<std::string> heard;
      Wakeup changed(*on);
      co_await client->on_signal(
          {.sender = {}, .path = {}, .interface = "org.argosy.Test1", .member = "Changed"},
          [&](const Signal& signal) {
            CHECK_EQ(signal.path, "/org/argosy/test");
            CHECK_EQ(signature_of(signal.values), "xs");
            heard.emplace_back(signal.values[1].text());
            changed.notify_all();
          });
      std::vector<std::string> sent;
      for (int i = 0; i < 100; ++i) {
        sent.push_back(std::to_string(i));
        co_await server->emit("/org/argosy/test", "org.argosy.Test1", "Changed",
                              {Value(int64_t{i}), Value(sent.back())});
        co_await server->emit("/org/argosy/test", "org.argosy.Test1", "Other", {});
      }
      while (heard.size() < sent.size()) co_await changed.wait();
      CHECK_EQ(heard, sent);
    }(loop, daemon.address());
  });
}

TEST_CASE("the bus goes away") {
  DbusDaemon daemon;
  run([&](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on, DbusDaemon* bus) -> Task<void> {
      const auto server = co_await Bus::connect(*on, bus->address());
      co_await serve(server.get());
      const auto client = co_await Bus::connect(*on, bus->address());
      Eventual<int> lost(*on);
      client->on_lost([&](const Error& error) {
        CHECK_EQ(error.code(), Code::kUnavailable);
        lost.set(1);
      });
      bus->stop();
      co_await co_await lost.wait();
      const auto after = co_await result(client->call(method("Add"), {Value(1), Value(2)}));
      REQUIRE_FALSE(after);
      CHECK_EQ(after.error().code(), Code::kUnavailable);
      const auto again = co_await result(Bus::connect(*on, bus->address()));
      CHECK_FALSE(again);
    }(loop, &daemon);
  });
}

TEST_CASE("an address that is none") {
  run([](UvLoop* loop) -> Task<void> {
    return [](UvLoop* on) -> Task<void> {
      CHECK_FALSE(co_await result(Bus::connect(*on, "unix:path=/nowhere/at/all")));
      CHECK_FALSE(co_await result(Bus::connect(*on, "nonsense")));
    }(loop);
  });
}

}  // namespace
}  // namespace argosy::systemd
