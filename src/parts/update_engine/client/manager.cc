#include "parts/update_engine/client/manager.h"

#include "base/format.h"

namespace argosy::update_engine {
namespace {

const std::string kName = "com.coreos.update1";
const std::string kPath = "/com/coreos/update1";
const std::string kInterface = "com.coreos.update1.Manager";

Result<ToldStatus> read_status(const systemd::Values& values) {
  if (systemd::signature_of(values) != "xdssx") {
    return fail(Code::kInvalidArgument,
                format("a status of type {}", systemd::signature_of(values)));
  }
  return ToldStatus{.last_checked_time = *values[0].as<int64_t>(),
                    .progress = *values[1].as<double>(),
                    .operation = std::string(values[2].text()),
                    .new_version = std::string(values[3].text()),
                    .new_size = *values[4].as<int64_t>()};
}

}  // namespace

std::string lines_of(const ToldStatus& status) {
  return format(
      "LAST_CHECKED_TIME={}\nPROGRESS={:.6f}\nCURRENT_OP={}\nNEW_VERSION={}\nNEW_SIZE={}\n",
      status.last_checked_time, status.progress, status.operation, status.new_version,
      status.new_size);
}

Task<void> Manager::find() {
  co_await bus_.call(
      {"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "GetNameOwner"},
      {systemd::Value(kName)});
}

Task<systemd::Values> Manager::call(std::string member) {
  return bus_.call({kName, kPath, kInterface, std::move(member)});
}

Task<void> Manager::attempt_update() {
  co_await call("AttemptUpdate");
}

Task<void> Manager::reset_status() {
  co_await call("ResetStatus");
}

Task<ToldStatus> Manager::status() {
  co_return read_status(co_await call("GetStatus"));
}

Task<void> Manager::watch(std::function<void(const ToldStatus&)> handle) {
  co_await bus_.on_signal(
      {.sender = kName, .path = kPath, .interface = kInterface, .member = "StatusUpdate"},
      [handle = std::move(handle)](const systemd::Signal& signal) {
        if (const auto status = read_status(signal.values)) handle(*status);
      });
}

}  // namespace argosy::update_engine
