#include "parts/locksmith/host/peers.h"

#include "base/format.h"
#include "base/text.h"
#include "parts/locksmith/strategy/machine.h"

namespace argosy::locksmith {
namespace {

constexpr const char* kUpdatePath = "/com/coreos/update1";
constexpr const char* kUpdateInterface = "com.coreos.update1.Manager";

}  // namespace

std::string UpdateStatus::text() const {
  return format("LastCheckedTime={} Progress={} CurrentOperation={} NewVersion={} NewSize={}",
                last_checked_time, progress, go_quote(operation), new_version, new_size);
}

Result<UpdateStatus> parse_status(const systemd::Values& values) {
  if (systemd::signature_of(values) != "xdssx") {
    return fail(Code::kInvalidArgument,
                format("a status of update_engine has the signature {}, not xdssx",
                       systemd::signature_of(values)));
  }
  return UpdateStatus{*values[0].as<int64_t>(), *values[1].as<double>(),
                      std::string(values[2].text()), std::string(values[3].text()),
                      *values[4].as<int64_t>()};
}

Task<UpdateStatus> update_status(systemd::Bus& bus) {
  co_return parse_status(
      co_await bus.call({"com.coreos.update1", kUpdatePath, kUpdateInterface, "GetStatus"}));
}

Task<void> on_update_status(systemd::Bus& bus, std::function<void(UpdateStatus)> handle) {
  co_await bus.on_signal(
      {.sender = {}, .path = {}, .interface = kUpdateInterface, .member = "StatusUpdate"},
      [handle = std::move(handle)](const systemd::Signal& signal) {
        if (auto status = parse_status(signal.values)) handle(*std::move(status));
      });
}

Task<void> send_need_reboot(systemd::Bus& bus) {
  using systemd::Value;
  co_await bus.emit(
      kUpdatePath, kUpdateInterface, "StatusUpdate",
      {Value(int64_t{0}), Value(0.0), Value(kNeedReboot), Value(""), Value(int64_t{0})});
}

Task<void> reboot(systemd::Bus& bus) {
  co_await bus.call({"org.freedesktop.login1", "/org/freedesktop/login1",
                     "org.freedesktop.login1.Manager", "Reboot"},
                    {systemd::Value(false)});
}

Task<bool> is_etcd_active(systemd::Bus& bus) {
  using systemd::Value;
  const systemd::Values answer = co_await bus.call(
      {"org.freedesktop.systemd1", "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager",
       "ListUnitsByNames"},
      {Value(systemd::Array{"s", {Value("etcd.service"), Value("etcd2.service")}})});
  // Each unit: name, description, load state, active state and more.
  const auto* units = answer.empty() ? nullptr : answer.front().as<systemd::Array>();
  if (units == nullptr) co_return fail(Code::kUnknown, "ListUnitsByNames says nothing");
  for (const Value& unit : units->items) {
    const auto* fields = unit.as<systemd::Struct>();
    if (fields == nullptr || fields->fields.size() < 4) continue;
    const std::string_view state = fields->fields[3].text();
    if (state != "inactive" && state != "failed") co_return true;
  }
  co_return false;
}

}  // namespace argosy::locksmith
