#include "parts/locksmith/fleet/server.h"

#include "base/format.h"
#include "sys/log/log.h"

namespace argosy::locksmith {
namespace {

constexpr size_t kMaxBody = 64 * 1024;
// Servers that serve one group may collide; a client would otherwise see each collision.
constexpr int kTries = 5;

}  // namespace

FleetLockServer::FleetLockServer(etcd_client::Client& client, std::map<std::string, int64_t> groups)
    : client_(client), groups_(std::move(groups)) {
  for (const auto& [group, slots] : groups_) {
    metrics_
        .gauge("airlock_config_semaphore_slots", "Slots of a group, as configured.",
               {{"group", group}})
        .set(static_cast<double>(slots));
  }
}

HttpHandler FleetLockServer::handler() {
  return [this](Exchange& exchange) { return serve(exchange); };
}

Task<void> FleetLockServer::serve(Exchange& exchange) {
  const std::string path(exchange.head().path());
  if (path == "/metrics" && exchange.head().method == "GET") {
    exchange.respond(200, Metrics::kContentType, metrics_.page());
    co_return;
  }
  if (!path.ends_with(kPreReboot) && !path.ends_with(kSteadyState)) {
    exchange.respond_text(404, "404 page not found");
    co_return;
  }
  if (exchange.head().method != "POST") {
    exchange.respond(405, "application/json",
                     to_json(FleetError{405, "generic_error", "only POST is served"}),
                     {{"Allow", "POST"}});
    co_return;
  }
  const std::string header(exchange.head().headers.value_of(kFleetLockHeader));
  Bytes body = co_await exchange.read_all(kMaxBody);
  const auto decided = co_await decide(path, header, std::move(body));
  if (decided) {
    exchange.respond(200, "text/plain; charset=utf-8", "");
  } else {
    exchange.respond(decided.error().status, "application/json", to_json(decided.error()));
  }
}

Task<std::expected<void, FleetError>> FleetLockServer::decide(std::string path, std::string header,
                                                              Bytes body) {
  using Outcome = std::expected<void, FleetError>;
  const bool takes = path.ends_with(kPreReboot);
  const std::string_view name = takes ? "pre_reboot" : "steady_state";
  auto request = read_request(header, body);
  if (request && !groups_.contains(request->group)) {
    request = std::unexpected(
        FleetError{400, "unknown_group", format("unknown group {}", request->group)});
  }
  const auto count = [&](std::string_view result) {
    metrics_
        .counter(format("airlock_v1_{}_requests_total", name), "Requests of clients.",
                 {{"result", std::string(result)}})
        .add();
  };
  if (!request) {
    count("invalid");
    co_return Outcome(std::unexpected(request.error()));
  }
  Result<void> done = fail(Code::kAborted, "");
  for (int i = 0; i < kTries && !done && done.error().code() == Code::kAborted; ++i) {
    done = co_await result(change(*request, takes));
  }
  count(done ? "granted" : "refused");
  if (done) co_return Outcome();
  log_warn("refused", {{"group", request->group}, {"id", request->id}, {"error", done.error()}});
  co_return Outcome(std::unexpected(FleetError{500, "failed_lock", done.error().text()}));
}

Task<FleetLockServer::Stored> FleetLockServer::read(std::string group) {
  const auto kv = co_await client_.get_key(slots_key(group));
  Stored stored;
  if (kv) stored = {co_await parse_slots(kv->value), kv->version};
  // What is configured counts, also after somebody has changed it.
  stored.slots.total = groups_.at(group);
  co_return std::move(stored);
}

Task<void> FleetLockServer::write(std::string group, Stored stored) {
  const std::string key = slots_key(group);
  etcd_client::Txn txn;
  txn.compares = {etcd_client::Compare::version(key, stored.version)};
  txn.success = {etcd_client::Operation::put(key, to_json(stored.slots))};
  const auto written = co_await client_.txn(std::move(txn));
  if (!written.succeeded) {
    co_await failure(Code::kAborted, "conflict on semaphore detected, aborting");
  }
}

Task<void> FleetLockServer::change(FleetRequest request, bool takes) {
  Stored stored = co_await read(request.group);
  const bool changed =
      takes ? co_await stored.slots.take(request.id) : stored.slots.give_back(request.id);
  if (changed) {
    const auto held = static_cast<double>(stored.slots.holders.size());
    co_await write(request.group, std::move(stored));
    metrics_
        .gauge("airlock_database_semaphore_lock_holders", "Machines of a group that are down.",
               {{"group", request.group}})
        .set(held);
    log_info(takes ? "granted" : "released", {{"group", request.group}, {"id", request.id}});
  }
}

}  // namespace argosy::locksmith
