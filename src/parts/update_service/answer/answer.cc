#include "parts/update_service/answer/answer.h"

#include "parts/update_service/answer/visit.h"
#include "parts/update_service/store/catalog_store.h"
#include "sys/log/log.h"

namespace argosy::update_service {
namespace {

void refuse(omaha::AppResponse& response, std::string_view status) {
  response.status = status;
  response.update = {.status = std::string(omaha::update_status::kInternal)};
}

}  // namespace

Result<omaha::Response> Answerer::answer(sql::Database& database, const omaha::Request& request,
                                         const Origin& origin, WallTime now) {
  catalog_ = TRY(store::fresh_catalog(database, std::move(catalog_)));
  omaha::Response response;
  response.server = options_.server_name;
  for (const omaha::AppRequest& app : request.apps) {
    if (response.apps.size() == kMaxApps) break;
    response.apps.push_back(TRY(answer_app(database, request, app, origin, now)));
  }
  return response;
}

Result<omaha::AppResponse> Answerer::answer_app(sql::Database& database,
                                                const omaha::Request& request,
                                                const omaha::AppRequest& app, const Origin& origin,
                                                WallTime now) {
  omaha::AppResponse response;
  response.id = app.id;
  response.status = omaha::app_status::kOk;
  const model::Application* application = catalog_->application(app.id);
  const model::Arch arch = model::arch_of(app.board, request.os ? request.os->arch : "");
  const model::Group* group =
      application != nullptr ? catalog_->group_of_track(*application, app.track, arch) : nullptr;
  if (group == nullptr) {
    refuse(response, "error-unknownApplicationOrGroup");
    return response;
  }
  if (const model::Channel* channel = catalog_->channel(group->channel_id)) {
    response.channel_metadata = channel->metadata;
  }
  Visit visit(
      {database, *catalog_, request, app, *application, *group, origin, options_, zones_, now});
  response.events = static_cast<uint32_t>(app.events.size());
  response.has_ping = app.ping.has_value();
  if (!visit.is_identified()) {
    if (app.update_check) refuse(response, "error-instanceRegistrationFailed");
    return response;
  }
  TRY(visit.find());
  if (!visit.is_known() && !newcomers_.may_enter(origin.ip, now)) {
    if (app.update_check) refuse(response, "error-instanceRegistrationFailed");
    return response;
  }
  for (size_t i = 0; i < app.events.size() && i < kMaxEvents; ++i) {
    TRY(visit.report(app.events[i]));
  }
  if (app.ping || app.update_check) TRY(visit.register_machine());
  if (app.update_check) TRY(visit.check(response));
  return response;
}

}  // namespace argosy::update_service
