#include "parts/update_service/api/answers.h"

#include "base/format.h"
#include "lib/json/json.h"
#include "sys/log/log.h"

namespace argosy::update_service::api {
namespace {

struct Failure {
  int status;
  std::string_view name;
};

Failure failure_of(Code code) {
  switch (code) {
    case Code::kInvalidArgument:
    case Code::kOutOfRange:
    case Code::kDeadlineExceeded:
      return {400, "invalid"};
    case Code::kUnauthenticated:
      return {401, "unauthenticated"};
    case Code::kPermissionDenied:
      return {403, "forbidden"};
    case Code::kNotFound:
      return {404, "not_found"};
    case Code::kAlreadyExists:
      return {409, "already_exists"};
    case Code::kFailedPrecondition:
    case Code::kAborted:
      return {409, "conflict"};
    case Code::kResourceExhausted:
      return {429, "too_many"};
    case Code::kUnavailable:
      return {503, "unavailable"};
    default:
      return {500, "internal"};
  }
}

}  // namespace

Headers safe_headers() {
  return {{"Cache-Control", "no-store"}, {"X-Content-Type-Options", "nosniff"}};
}

void refuse(Exchange& exchange, int status, std::string_view name, std::string_view description) {
  exchange.respond(
      status, kJson,
      json::to_text(json::Object{{"error", name}, {"description", description}}) + "\n",
      safe_headers());
}

void refuse(Exchange& exchange, const Error& error) {
  const Failure failure = failure_of(error.code());
  if (failure.status >= 500) log_error("an API call has failed", {{"error", error}});
  refuse(exchange, failure.status, failure.name,
         failure.status == 500 ? "the service's log says more" : error.text());
}

void refuse_role(Exchange& exchange, auth::Role least, const auth::Identity& identity) {
  refuse(exchange, 403, "forbidden",
         format("this needs the role {}, and {} is {}", auth::role_name(least), identity.name,
                auth::role_name(identity.role)));
}

}  // namespace argosy::update_service::api
