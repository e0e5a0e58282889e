#include "parts/etcd/server/endpoints.h"

#include <algorithm>

#include "base/format.h"
#include "sys/log/log.h"

namespace argosy::etcd::server {
namespace {

constexpr Duration kHealthTimeout = seconds(1);

}  // namespace

void allow_origin(Exchange& exchange, const std::vector<std::string>& allowed) {
  const auto allows = [&](std::string_view origin) {
    return std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
  };
  std::string_view origin = "*";
  if (!allows(origin)) origin = exchange.head().headers.value_of("Origin");
  if (!allows(origin)) return;
  exchange.always_send("Access-Control-Allow-Methods", "POST, GET, OPTIONS, PUT, DELETE");
  exchange.always_send("Access-Control-Allow-Origin", origin);
  exchange.always_send("Access-Control-Allow-Headers", "accept, content-type, authorization");
}

void answer_not_found(Exchange& exchange) {
  exchange.respond_text(404, "404 page not found");
}

void answer_method_not_allowed(Exchange& exchange, std::string_view allowed) {
  exchange.respond_text(405, "Method Not Allowed", {{"Allow", std::string(allowed)}});
}

Task<void> handle_version(Exchange& exchange, const member::Member& member) {
  if (exchange.head().method != "GET") co_return answer_method_not_allowed(exchange, "GET");
  const std::string& cluster = member.cluster().version();
  exchange.respond(200, "application/json",
                   format("{{\"etcdserver\":\"{}\",\"etcdcluster\":\"{}\"}}",
                          member::kServerVersion, cluster.empty() ? "not_decided" : cluster));
}

Task<bool> handle_health(Exchange& exchange, member::Member& member) {
  if (exchange.head().method != "GET") {
    answer_method_not_allowed(exchange, "GET");
    co_return true;
  }
  std::string reason;
  if (!member.state().alarms().list().empty()) {
    reason = "alarms are raised";
  } else if (member.leader() == 0) {
    reason = "no leader";
  } else {
    const auto read = co_await with_deadline(member.loop(), member.loop().now() + kHealthTimeout,
                                             member.linearize());
    if (!read) reason = read.error().message();
  }
  // The original's types: it lets its library guess them.
  if (reason.empty()) {
    exchange.respond(200, "text/plain; charset=utf-8", R"({"health":"true"})");
    co_return true;
  }
  log_warn("/health error", {{"reason", reason}});
  exchange.respond_text(503, R"({"health":"false"})");
  co_return false;
}

}  // namespace argosy::etcd::server
