#include <set>

#include "base/format.h"
#include "tests/scenario/faults/perform.h"
#include "tests/scenario/faults/verdict.h"
#include "tests/scenario/faults/workload.h"

namespace argosy::faults {
namespace {

constexpr Duration kPatience = seconds(30);
constexpr Duration kTimeout = seconds(5);
constexpr Duration kPause = milliseconds(50);

// Tries until it is acknowledged; each try writes another value.
Task<int64_t> write_last_key(Cluster& cluster, Record& record) {
  const MonotonicTime deadline = cluster.loop().now() + kPatience;
  for (size_t i = 0; cluster.loop().now() < deadline; ++i) {
    linearizability::Operation last;
    last.then = {
        {linearizability::Action::Kind::kPut, "r/last", format("last.{}", i), 0, {}, false}};
    const auto done = co_await perform(cluster.client(i % cluster.size()), std::move(last), record);
    if (done) co_return done->revision;
    co_await sleep_for(cluster.loop(), kPause);
  }
  co_return fail(Code::kDeadlineExceeded, "no write succeeds after all faults are over");
}

Task<void> reach(Client& client, int64_t revision) {
  etcdserverpb::RangeRequest request;
  request.set_key("r/last");
  const MonotonicTime deadline = client.loop().now() + kPatience;
  std::string last = "no answer";
  while (client.loop().now() < deadline) {
    const auto read = co_await result(client.call<etcdserverpb::RangeResponse>(
        "/etcdserverpb.KV/Range", request.SerializeAsString(), kTimeout));
    if (read && read->header().revision() >= revision) co_return;
    last = read ? format("it is at revision {}", read->header().revision()) : read.error().text();
    co_await sleep_for(client.loop(), kPause);
  }
  co_await failure(Code::kDeadlineExceeded,
                   format("{} does not reach revision {}: {}", client.name(), revision, last));
}

Task<etcdserverpb::HashKVResponse> hash_at(Client& client, int64_t revision) {
  etcdserverpb::HashKVRequest request;
  request.set_revision(revision);
  return client.call<etcdserverpb::HashKVResponse>("/etcdserverpb.Maintenance/HashKV",
                                                   request.SerializeAsString(), kTimeout);
}

using Content = std::vector<std::pair<Bytes, linearizability::Seen>>;

Task<Content> content_at(Client& client, int64_t revision) {
  Content content;
  etcdserverpb::RangeRequest request;
  request.set_key(kFirstKey);
  request.set_range_end(kPastLastKey);
  request.set_revision(revision);
  request.set_serializable(true);
  const auto response = co_await client.call<etcdserverpb::RangeResponse>(
      "/etcdserverpb.KV/Range", request.SerializeAsString(), kTimeout);
  for (const auto& kv : response.kvs()) {
    content.push_back({kv.key(), {kv.value(), kv.mod_revision()}});
  }
  co_return std::move(content);
}

struct Hashes {
  std::string text;
  std::set<int64_t> compacted_at;
  std::set<uint32_t> values;
};

Task<Hashes> hashes_at(Cluster& cluster, int64_t revision) {
  Hashes hashes;
  for (size_t i = 0; i < cluster.size(); ++i) {
    const auto hash = co_await hash_at(cluster.client(i), revision);
    hashes.text += format(" {}={:08x} (compacted at {})", cluster.client(i).name(), hash.hash(),
                          hash.compact_revision());
    hashes.compacted_at.insert(hash.compact_revision());
    hashes.values.insert(hash.hash());
  }
  co_return std::move(hashes);
}

// A compaction that was asked for during the faults may still be on its way; what a
// member hashes depends on where it was compacted.
Task<void> compare_hashes(Cluster& cluster, Agreement& agreement) {
  const MonotonicTime deadline = cluster.loop().now() + kPatience;
  Hashes hashes = co_await hashes_at(cluster, agreement.revision);
  while (hashes.compacted_at.size() > 1 && cluster.loop().now() < deadline) {
    co_await sleep_for(cluster.loop(), kPause);
    hashes = co_await hashes_at(cluster, agreement.revision);
  }
  if (hashes.values.size() > 1 || hashes.compacted_at.size() > 1) {
    agreement.findings.push_back(
        format("HashKV at revision {} differs:{}", agreement.revision, hashes.text));
  }
}

Task<void> compare_contents(Cluster& cluster, Agreement& agreement) {
  for (size_t i = 0; i < cluster.size(); ++i) {
    Client& client = cluster.client(i);
    Content content = co_await content_at(client, agreement.revision);
    if (i == 0) {
      agreement.content = std::move(content);
    } else if (content != agreement.content) {
      agreement.findings.push_back(
          format("the content of {} differs from that of {} at revision {}", client.name(),
                 cluster.client(0).name(), agreement.revision));
    }
  }
}

Task<void> compare_members(Cluster& cluster, Agreement& agreement) {
  co_await compare_hashes(cluster, agreement);
  co_await compare_contents(cluster, agreement);
}

Task<void> wait_for_watchers(Loop& loop, std::vector<std::unique_ptr<Watcher>>& watchers,
                             Agreement& agreement) {
  const MonotonicTime deadline = loop.now() + kPatience;
  for (const auto& watcher : watchers) {
    while (watcher->next_revision() <= agreement.revision && loop.now() < deadline) {
      co_await sleep_for(loop, kPause);
    }
    if (watcher->next_revision() <= agreement.revision) {
      agreement.findings.push_back(format("a watcher stands at revision {}, the members at {}",
                                          watcher->next_revision(), agreement.revision));
    }
  }
}

}  // namespace

Task<Agreement> agree(Cluster& cluster, std::vector<std::unique_ptr<Watcher>>& watchers,
                      Record& record) {
  Agreement agreement;
  agreement.revision = co_await write_last_key(cluster, record);
  for (size_t i = 0; i < cluster.size(); ++i) {
    const auto reached = co_await result(reach(cluster.client(i), agreement.revision));
    if (!reached) agreement.findings.push_back(reached.error().text());
  }
  const auto compared = co_await result(compare_members(cluster, agreement));
  if (!compared) agreement.findings.push_back("comparing members: " + compared.error().text());
  co_await wait_for_watchers(cluster.loop(), watchers, agreement);
  co_return std::move(agreement);
}

}  // namespace argosy::faults
