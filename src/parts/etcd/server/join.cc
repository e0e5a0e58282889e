#include "parts/etcd/server/join.h"

#include "base/bytes.h"
#include "base/format.h"
#include "parts/etcd/peer/transport.h"
#include "sys/log/log.h"

namespace argosy::etcd::server {
namespace {

constexpr Duration kTimeout = seconds(10);

struct Remote {
  uint64_t cluster_id = 0;
  membership::Members members;
};

Result<Remote> parse_remote(const peer::HttpAnswer& answer) {
  if (answer.status != 200) {
    return fail(Code::kUnavailable, format("unexpected http status {}", answer.status));
  }
  const auto id = parse_hex(answer.headers.value_of("X-Etcd-Cluster-ID"));
  if (!id) return fail(Code::kInternal, "no cluster ID in the answer");
  return Remote{*id, TRY(membership::members_from_json(answer.body))};
}

}  // namespace

Task<member::Identity> identity_from_peers(Loop& loop, Network& network, TlsContext* tls,
                                           const member::Options& options) {
  const auto wanted = co_await membership::parse_initial_cluster(options.initial_cluster);
  for (const auto& [name, urls] : wanted) {
    if (name == options.name) continue;
    for (const std::string& text : urls) {
      const auto url = peer::parse_url(text);
      if (!url) continue;
      const auto answer = co_await with_deadline(
          loop, loop.now() + kTimeout,
          peer::http_request(loop, network, tls, *url, "GET", "/members", {}, {}));
      const auto remote = answer ? parse_remote(*answer) : Result<Remote>(fail(answer.error()));
      if (!remote) {
        log_warn("failed to get cluster response", {{"address", text}, {"error", remote.error()}});
        continue;
      }
      co_return member::identity_in_existing_cluster(options, remote->cluster_id, remote->members);
    }
  }
  co_return fail(Code::kUnavailable,
                 "cannot fetch cluster info from peer urls: could not retrieve cluster "
                 "information from the given URLs");
}

}  // namespace argosy::etcd::server
