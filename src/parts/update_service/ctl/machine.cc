#include "parts/update_service/ctl/machine.h"

#include "base/format.h"
#include "lib/omaha/response.h"

namespace argosy::update_service::ctl {
namespace {

constexpr std::string_view kUpdatePath = "/v1/update/";
constexpr int kErrorCode = 2000;

std::string url_of(const omaha::Update& update) {
  if (update.urls.empty() || update.manifests.front().packages.empty()) return {};
  std::string url = update.urls.front();
  if (!url.ends_with('/')) url += '/';
  return url + update.manifests.front().packages.front().name;
}

}  // namespace

std::string request_text(const Machine& machine, const Report& report) {
  omaha::AppRequest app;
  app.id = format("{{{}}}", machine.application);
  app.version = machine.version;
  app.track = machine.track;
  app.machine_id = machine.id;
  app.boot_id = format("{{{}}}", machine.boot_id);
  app.oem = machine.oem;
  if (report.pings) app.ping = omaha::Ping{.active = 1, .last_active_days = {}};
  if (report.checks) app.update_check.emplace();
  if (report.event) app.events.push_back(*report.event);
  omaha::Request request;
  request.install_source = machine.is_on_demand ? "ondemandupdate" : "scheduler";
  request.os = {.platform = "CoreOS", .version = "lsb", .service_pack = {}, .arch = {}};
  request.apps.push_back(std::move(app));
  return omaha::to_xml(request);
}

Result<Told> read_told(std::string_view text) {
  const omaha::Response response = TRY(omaha::parse_response(text));
  if (response.apps.empty()) return fail(Code::kDataLoss, "a response of no application");
  const omaha::AppResponse& app = response.apps.front();
  Told told;
  if (app.status != omaha::app_status::kOk) told.refusal = app.status;
  if (!app.update) return told;
  told.status = app.update->status;
  if (app.update->manifests.empty()) return told;
  told.version = app.update->manifests.front().version;
  told.url = url_of(*app.update);
  return told;
}

Task<Told> tell(UvLoop& loop, const Client& client, Machine machine, Report report) {
  const Bytes body = co_await client.post(loop, std::string(kUpdatePath), "text/xml",
                                          request_text(machine, report));
  co_return read_told(body);
}

omaha::Event event_of(omaha::EventType type, omaha::EventResult result) {
  omaha::Event event;
  event.type = type;
  event.result = result;
  if (result == omaha::EventResult::kError) event.error_code = kErrorCode;
  return event;
}

std::string new_uuid(Random& random) {
  uint64_t high = random.next(), low = random.next();
  high = (high & ~uint64_t{0xF000}) | 0x4000;
  low = (low & ~(uint64_t{3} << 62)) | (uint64_t{2} << 62);
  return format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xFFFF,
                high & 0xFFFF, low >> 48, low & 0xFFFF'FFFF'FFFF);
}

}  // namespace argosy::update_service::ctl
