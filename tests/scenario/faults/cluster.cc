#include "tests/scenario/faults/cluster.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include "base/format.h"
#include "base/text.h"

namespace argosy::faults {
namespace {

constexpr Duration kAskTimeout = milliseconds(300);

Result<uint16_t> bind_any(const Fd& socket) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), raw, size) != 0 || ::getsockname(socket.get(), raw, &size) != 0) {
    return fail(system_error("bind to a free port", errno));
  }
  return ntohs(address.sin_port);
}

}  // namespace

Result<std::vector<Place>> places_on_loopback(size_t count) {
  // All are held until all are known, so that none comes twice.
  std::vector<Fd> held;
  std::vector<Place> places;
  for (size_t i = 0; i < count; ++i) {
    Place place{format("n{}", i + 1), "127.0.0.1", 0, 0, -1};
    for (uint16_t* port : {&place.client_port, &place.peer_port}) {
      held.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
      *port = TRY(bind_any(held.back()));
    }
    places.push_back(std::move(place));
  }
  return places;
}

std::vector<Place> places_in(const Namespaces& network, size_t count) {
  std::vector<Place> places;
  for (size_t i = 0; i < count; ++i) {
    places.push_back(
        {format("n{}", i + 1), Namespaces::address(i), 2379, 2380, network.descriptor(i)});
  }
  return places;
}

Cluster::Cluster(Loop& loop, Network& network, Random& random, ProcessOptions options,
                 std::vector<Place> places)
    : loop_(loop), network_(network), random_(random), options_(std::move(options)) {
  std::vector<std::string> pairs;
  for (Place& place : places) {
    pairs.push_back(format("{}={}", place.name, place.peer_url()));
    members_.push_back(std::make_unique<MemberProcess>(options_, std::move(place)));
  }
  initial_cluster_ = join(pairs, ",");
  clients_ = new_clients();
}

std::vector<std::unique_ptr<Client>> Cluster::new_clients() {
  std::vector<std::unique_ptr<Client>> clients;
  for (const auto& member : members_) {
    clients.push_back(std::make_unique<Client>(loop_, network_, random_, member->name(),
                                               member->place().client()));
  }
  return clients;
}

Result<void> Cluster::start_all() {
  for (auto& member : members_) TRY(member->start(initial_cluster_, true));
  return {};
}

Result<void> Cluster::restart(size_t i) {
  if (members_[i]->is_running()) return {};
  return members_[i]->start(initial_cluster_, true);
}

Task<std::optional<size_t>> Cluster::leader() {
  std::vector<uint64_t> ids(size(), 0);
  uint64_t leading = 0;
  uint64_t newest_term = 0;
  for (size_t i = 0; i < size(); ++i) {
    if (!members_[i]->is_running() || members_[i]->is_paused()) continue;
    const auto answer = co_await result(status(*clients_[i], kAskTimeout));
    if (!answer) continue;
    ids[i] = answer->header().member_id();
    if (answer->leader() != 0 && answer->raftterm() >= newest_term) {
      newest_term = answer->raftterm();
      leading = answer->leader();
    }
  }
  for (size_t i = 0; i < size(); ++i) {
    if (leading != 0 && ids[i] == leading) co_return std::optional<size_t>(i);
  }
  co_return std::optional<size_t>();
}

Task<bool> Cluster::is_healthy() {
  std::optional<uint64_t> leading;
  for (size_t i = 0; i < size(); ++i) {
    const auto answer = co_await result(status(*clients_[i], kAskTimeout));
    if (!answer || answer->leader() == 0 || answer->islearner()) co_return false;
    if (leading && *leading != answer->leader()) co_return false;
    leading = answer->leader();
  }
  co_return true;
}

Task<bool> Cluster::is_healthy_within(Duration limit) {
  const MonotonicTime deadline = loop_.now() + limit;
  while (loop_.now() < deadline) {
    if (co_await is_healthy()) co_return true;
    co_await sleep_for(loop_, milliseconds(20));
  }
  co_return false;
}

}  // namespace argosy::faults
