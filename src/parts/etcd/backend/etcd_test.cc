// Our snapshot and our file before a live etcd and its etcdctl.
#include <doctest/doctest.h>

#include "parts/etcd/backend/backend.h"
#include "parts/etcd/backend/db_hash.h"
#include "parts/etcd/backend/fake_clock.h"
#include "parts/etcd/bolt/real_etcd.h"
#include "parts/etcd/bolt/test_model.h"

namespace argosy::etcd::backend {
namespace {

using bolt::must;

std::string status_of(const std::string& file) {
  return output_of("ETCDCTL_API=3 etcdctl snapshot status " + file);
}

TEST_CASE("a live etcd's file through our backend and back") {
  if (!has_real_etcd()) return;
  const ScratchDirectory scratch;
  const std::string data = scratch.of("data");
  const std::string file = data + "/member/snap/db";
  std::string keys;
  {
    const RealEtcd etcd(data);
    for (int i = 0; i < 20; ++i) output_of(etcd.ctl(format("put key/{} {}", i, i * i)));
    output_of(etcd.ctl("del key/7"));
    keys = output_of(etcd.ctl("get --prefix ''"));
  }
  const std::string before = status_of(file);
  const FakeClock clock;
  {
    const auto backend = must(Backend::open(real_disk(), clock, file, {}));
    CHECK(before.starts_with(format("{:x}, ", must(hash(backend->committed(), HashedKeys::kAll)))));
    // Everything erased and put back, over several commits and a defragmentation.
    std::vector<std::pair<Bytes, Bytes>> all;
    backend->scan(Bucket::kKey, "", "", [&](BytesView key, BytesView value) {
      all.emplace_back(key, value);
      return true;
    });
    REQUIRE(all.size() == 21);
    for (const auto& [key, value] : all) backend->erase(Bucket::kKey, key);
    must(backend->commit_now());
    for (const auto& [key, value] : all) backend->put(Bucket::kKey, key, value);
    must(backend->commit_now());
    must(backend->defragment_now());

    DbSnapshot snapshot = backend->open_snapshot();
    Bytes copy(snapshot.size(), '\0');
    CHECK(snapshot.read(copy.data(), copy.size()) == copy.size());
    must(replace_file(real_disk(), scratch.of("copy.db"), copy));
  }
  const std::string after = status_of(scratch.of("copy.db"));
  CHECK(after.substr(0, after.rfind(',')) == before.substr(0, before.rfind(',')));
  const RealEtcd etcd(data);
  CHECK(output_of(etcd.ctl("get --prefix ''")) == keys);
}

}  // namespace
}  // namespace argosy::etcd::backend
