// What locksmithd meets on a machine, for machines that only pretend: update_engine, login1
// and the service manager on the bus of each address given. AttemptUpdate makes a reboot
// due, ResetStatus is a boot, and Reboot is told on standard output: "reboot 3" for the
// fourth address. etcd.service is active where FAKE_ETCD_STATE says so.
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/systemd/bus.h"

namespace argosy {
namespace {

using systemd::Value;
using systemd::Values;

constexpr const char* kManager = "com.coreos.update1.Manager";
constexpr const char* kObject = "/com/coreos/update1";

class Machine {
 public:
  Machine(int number, std::unique_ptr<systemd::Bus> bus) : number_(number), bus_(std::move(bus)) {}

  Task<void> appear() {
    systemd::Interface update;
    update.name = kManager;
    update.methods = {
        {"AttemptUpdate", "", "",
         [this](const Values&) { return set("UPDATE_STATUS_UPDATED_NEED_REBOOT"); }},
        {"ResetStatus", "", "", [this](const Values&) { return set("UPDATE_STATUS_IDLE"); }},
        {"GetStatus", "", "xdssx", [this](const Values&) { return status(); }}};
    update.signals = {{"StatusUpdate", "xdssx"}};
    systemd::Interface login;
    login.name = "org.freedesktop.login1.Manager";
    login.methods = {{"Reboot", "b", "", [this](const Values&) { return reboot(); }}};
    systemd::Interface manager;
    manager.name = "org.freedesktop.systemd1.Manager";
    manager.methods = {{"ListUnitsByNames", "as", "a(ssssssouso)",
                        [](const Values& names) { return list_units(names); }}};
    co_await bus_->export_object("/org/freedesktop/systemd1", std::move(manager));
    co_await bus_->request_name("org.freedesktop.systemd1");
    co_await bus_->export_object(kObject, std::move(update));
    co_await bus_->export_object("/org/freedesktop/login1", std::move(login));
    co_await bus_->request_name("com.coreos.update1");
    co_await bus_->request_name("org.freedesktop.login1");
  }

 private:
  Values values() const {
    return {Value(int64_t{1}), Value(0.0), Value(operation_), Value("0.0.0"), Value(int64_t{0})};
  }
  Task<Values> status() { co_return values(); }
  static Task<Values> list_units(Values names) {
    const char* given = std::getenv("FAKE_ETCD_STATE");
    systemd::Array units{"(ssssssouso)", {}};
    for (const Value& name : names.at(0).as<systemd::Array>()->items) {
      const bool is_etcd = name.text() == "etcd.service" && given != nullptr;
      units.items.emplace_back(
          systemd::Struct{{name, Value(""), Value("loaded"), Value(is_etcd ? given : "inactive"),
                           Value(""), Value(""), Value(systemd::ObjectPath{"/unit"}),
                           Value(uint32_t{0}), Value(""), Value(systemd::ObjectPath{"/"})}});
    }
    co_return Values{Value(std::move(units))};
  }
  Task<Values> set(std::string operation) {
    operation_ = std::move(operation);
    co_await bus_->emit(kObject, kManager, "StatusUpdate", values());
    co_return Values();
  }
  Task<Values> reboot() {
    std::printf("reboot %d\n", number_);
    std::fflush(stdout);
    co_return Values();
  }

  int number_;
  std::unique_ptr<systemd::Bus> bus_;
  std::string operation_ = "UPDATE_STATUS_IDLE";
};

Task<void> appear_all(UvLoop* loop, std::vector<std::string> addresses,
                      std::vector<std::unique_ptr<Machine>>* machines) {
  for (const std::string& address : addresses) {
    auto bus = co_await systemd::Bus::connect(*loop, address);
    const int number = static_cast<int>(machines->size());
    machines->push_back(std::make_unique<Machine>(number, std::move(bus)));
    co_await machines->back()->appear();
  }
  std::printf("ready\n");
  std::fflush(stdout);
}

int run(std::vector<std::string> addresses) {
  UvLoop loop;
  std::vector<std::unique_ptr<Machine>> machines;
  int code = 0;
  Scope scope(loop, [&](const Error& error) {
    std::fprintf(stderr, "%s\n", error.text().c_str());
    code = 1;
    loop.stop();
  });
  loop.on_signal(SIGTERM, [&loop] { loop.stop(); });
  loop.post([&] { scope.spawn(appear_all(&loop, std::move(addresses), &machines)); });
  loop.run();
  return code;
}

}  // namespace
}  // namespace argosy

int main(int argc, char** argv) {
  return argosy::run({argv + 1, argv + argc});
}
