// A fleet that polls: bench_updates_clients ADDRESS PORT MACHINES CONNECTIONS SECONDS
// [close]. Each connection asks for one machine after the other, as fast as it is answered;
// with "close" each request has a connection of its own. Says requests per second and how
// long answers took.
#include <algorithm>
#include <cstdio>

#include "base/format.h"
#include "base/text.h"
#include "io/http/client.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/omaha/client_request.h"

namespace {

using namespace argosy;

struct Plan {
  std::string address;
  uint16_t port = 0;
  uint64_t machines = 0;
  uint64_t connections = 0;
  Duration length{};
  bool closes = false;
};

struct Figures {
  std::vector<Duration> took;
  uint64_t failures = 0;
  uint64_t next_machine = 0;
};

std::string request_of(uint64_t machine) {
  omaha::Client client;
  client.updater_version = "update_engine-0.4.10";
  client.os_version = "Chateau";
  client.os_platform = "CoreOS";
  client.os_service_pack = "1.0.0_x86_64";
  client.app_id = "{e96281a6-d1af-4bde-9a0a-97b76e56dc57}";
  client.app_version = "1.0.0";
  client.track = "stable";
  client.boot_id = "{b7a4f9a2-24f5-4f6e-8b1d-1c4fd8a2b3c4}";
  client.aleph_version = "1.0.0";
  client.machine_id = format("deadbeef{:024x}", machine);
  client.lang = "en-US";
  client.board = "amd64-usr";
  return omaha::update_check_request(client, "");
}

Task<std::unique_ptr<HttpConnection>> connect(UvLoop& loop, const Plan& plan) {
  auto stream = co_await loop.network().connect({plan.address, plan.port, {}});
  co_return std::make_unique<HttpConnection>(loop, std::move(stream), plan.address);
}

Task<void> poll(UvLoop& loop, const Plan& plan, MonotonicTime end, Figures& figures) {
  std::unique_ptr<HttpConnection> connection;
  const Clock& clock = real_clock();
  while (clock.now() < end) {
    const MonotonicTime begin = clock.now();
    if (connection == nullptr) connection = co_await connect(loop, plan);
    const uint64_t machine = figures.next_machine++ % plan.machines;
    Headers headers{{"content-type", "text/xml"}};
    if (plan.closes) headers.add("connection", "close");
    const auto head = co_await connection->request("POST", "/v1/update/", std::move(headers),
                                                   request_of(machine));
    const Bytes body = co_await connection->read_all(1 << 20);
    if (head.status != 200 || body.find("<updatecheck") == Bytes::npos) ++figures.failures;
    figures.took.push_back(clock.now() - begin);
    if (plan.closes || !connection->is_reusable()) connection.reset();
  }
}

Task<void> all(UvLoop& loop, const Plan& plan, Figures& figures) {
  Scope scope(loop, [&](const Error& error) {
    ++figures.failures;
    std::fprintf(stderr, "%s\n", error.text().c_str());
  });
  const MonotonicTime end = real_clock().now() + plan.length;
  for (uint64_t i = 0; i < plan.connections; ++i) scope.spawn(poll(loop, plan, end, figures));
  co_await scope.join();
  loop.stop();
}

double milliseconds_of(const std::vector<Duration>& sorted, double share) {
  if (sorted.empty()) return 0;
  const auto at = static_cast<size_t>(share * static_cast<double>(sorted.size() - 1));
  return std::chrono::duration<double, std::milli>(sorted[at]).count();
}

}  // namespace

int main(int count, char** arguments) {
  if (count < 6) return 2;
  Plan plan;
  plan.address = arguments[1];
  plan.port = static_cast<uint16_t>(parse_uint(arguments[2]).value_or(0));
  plan.machines = std::max<uint64_t>(parse_uint(arguments[3]).value_or(1), 1);
  plan.connections = parse_uint(arguments[4]).value_or(1);
  plan.length = seconds(parse_int(arguments[5]).value_or(1));
  plan.closes = count > 6 && std::string_view(arguments[6]) == "close";
  UvLoop loop;
  Figures figures;
  Scope scope(loop);
  const MonotonicTime begin = real_clock().now();
  scope.spawn(all(loop, plan, figures));
  loop.run();
  const double took = std::chrono::duration<double>(real_clock().now() - begin).count();
  std::ranges::sort(figures.took);
  std::printf(
      "requests %zu  per second %.0f  failures %llu  p50 %.2f ms  p90 %.2f ms  p99 %.2f ms\n",
      figures.took.size(), static_cast<double>(figures.took.size()) / took,
      static_cast<unsigned long long>(figures.failures), milliseconds_of(figures.took, 0.5),
      milliseconds_of(figures.took, 0.9), milliseconds_of(figures.took, 0.99));
  return figures.failures == 0 ? 0 : 1;
}
