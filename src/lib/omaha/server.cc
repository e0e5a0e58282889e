#include "lib/omaha/server.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::omaha {
namespace {

constexpr int kHttpOk = 200;
constexpr int kHttpBadRequest = 400;
constexpr int kHttpInternalError = 500;

HttpReply refused(std::string_view body, std::string log) {
  return {kHttpBadRequest, "text/plain; charset=utf-8", format("{}\n", body), std::move(log)};
}

// "charset=utf-8" of " charset=utf-8"; quotes around the value are taken off.
std::optional<std::string> charset_of(std::string_view parameter) {
  const auto parts = cut(trim(parameter), "=");
  if (!parts || !equal_ignoring_case(trim(parts->first), "charset")) return std::nullopt;
  std::string_view value = trim(parts->second);
  if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"')) {
    value = value.substr(1, value.size() - 2);
  }
  return to_lower(value);
}

Update with_host(Update update, std::string_view host) {
  for (std::string& url : update.urls) {
    if (url.starts_with('/')) url = format("http://{}{}", host, url);
  }
  return update;
}

AppResponse answer_app(const AppContext& context, std::string_view host, Updater& updater) {
  AppResponse response;
  response.id = context.app.id;
  response.status = updater.check_app(context);
  if (response.status != app_status::kOk) return response;
  if (context.app.update_check) {
    response.update = with_host(updater.check_update(context), host);
  }
  if (context.app.ping) {
    updater.ping(context);
    response.has_ping = true;
  }
  for (const Event& event : context.app.events) {
    updater.event(context, event);
    ++response.events;
  }
  return response;
}

int http_status_of(const Response& response) {
  for (const AppResponse& app : response.apps) {
    if (app.status == app_status::kOk) return kHttpOk;
  }
  const bool is_internal =
      !response.apps.empty() && response.apps.front().status == app_status::kInternal;
  return is_internal ? kHttpInternalError : kHttpBadRequest;
}

Result<Request> read(const HttpRequest& http) {
  TRY(check_content_type(http.content_type));
  if (http.body.size() > kMaxRequestBytes) {
    return fail(Code::kResourceExhausted, "http: request body too large");
  }
  return parse_request(http.body);
}

}  // namespace

Result<void> check_content_type(std::string_view content_type) {
  if (content_type.empty()) return {};
  const auto parts = split(content_type, ';');
  const std::string type = to_lower(trim(parts.front()));
  if (type != "text/xml" && type != "application/xml") {
    return fail(Code::kInvalidArgument, format("unsupported content type {}", go_quote(type)));
  }
  for (size_t i = 1; i < parts.size(); ++i) {
    const auto charset = charset_of(parts[i]);
    if (charset && !charset->empty() && *charset != "utf-8") {
      return fail(Code::kInvalidArgument,
                  format("unsupported content charset {}", go_quote(*charset)));
    }
  }
  return {};
}

bool is_update_path(std::string_view path) {
  return path == "/v1/update" || path.starts_with("/v1/update/");
}

HttpReply answer(const HttpRequest& http, Updater& updater, std::string_view server_name) {
  if (http.method != "POST") {
    return refused("Expected a POST", format("omaha: Unexpected HTTP method: {}", http.method));
  }
  const auto request = read(http);
  if (!request) {
    return refused("Bad Omaha Request",
                   format("omaha: Failed parsing request: {}", request.error().text()));
  }
  Response response;
  response.server = server_name;
  for (const AppRequest& app : request->apps) {
    response.apps.push_back(answer_app({*request, app}, http.host, updater));
  }
  return {http_status_of(response), "text/xml; charset=utf-8", to_xml(response), ""};
}

}  // namespace argosy::omaha
