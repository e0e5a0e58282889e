// Round trips with a live etcd: it writes, we read; we write, it reads.
#include <doctest/doctest.h>

#include "parts/etcd/bolt/real_etcd.h"
#include "parts/etcd/bolt/test_model.h"

namespace argosy::etcd::bolt {
namespace {

// What `get` says of all keys in the end.
std::string write_with_etcd(const std::string& data) {
  const RealEtcd etcd(data);
  for (int round = 0; round < 2; ++round) {
    // Empty lines end a txn's sections: no compares, all on success, none on failure.
    std::string txn = "\n";
    for (int i = 0; i < 100; ++i) txn += format("put txn/{}/{:03} {}\n", round, i, i);
    must(replace_file(real_disk(), data + ".txn", txn + "\n\n"));
    output_of(etcd.ctl("txn < " + data + ".txn"));
  }
  for (int i = 0; i < 12; ++i)
    output_of(etcd.ctl(format("put key/{} {}", i, std::string(3000, 'y'))));
  output_of(etcd.ctl("del key/3"));
  const std::string lease = output_of(etcd.ctl("lease grant 7200"));
  output_of(etcd.ctl("put --lease=" + lease.substr(6, 16) + " leased/key value"));
  output_of(etcd.ctl("compact 5"));
  return output_of(etcd.ctl("get --prefix ''"));
}

void check_keys(const ReadTx& tx) {
  must(tx.verify());
  const Model found = must(dump(tx));
  REQUIRE(found.contains("key"));
  CHECK(found.at("lease").size() == 1);
  CHECK(found.at("key").size() > 200);
  size_t in_txn = 0;
  for (const auto& [key, value] : found.at("key")) {
    REQUIRE((key.size() == 17 || key.size() == 18));
    CHECK(key[8] == '_');
    if (value.find("txn/") != Bytes::npos) ++in_txn;
  }
  CHECK(in_txn == 200);
}

// Many transactions of ours in etcd's own file: splits, merges, buckets that come and go.
void churn(Db& db) {
  for (int round = 0; round < 30; ++round) {
    auto tx = must(db.begin_write());
    const auto bucket = must(tx.bucket("scratch"));
    for (int i = 0; i < 300; ++i) {
      must(tx.put(bucket, std::to_string(i * 7919 % 2000), Bytes(static_cast<size_t>(i), 's')));
    }
    for (int i = 0; i < 200; ++i) must(tx.erase(bucket, std::to_string(i * 31 % 2000)));
    if (round == 29) must(tx.erase_bucket("scratch"));
    must(std::move(tx).commit());
  }
  must(db.verify());
}

TEST_CASE("etcd writes, ours reads, rewrites and streams; etcd goes on with each") {
  if (!has_real_etcd()) return;
  const ScratchDirectory scratch;
  const std::string data = scratch.of("data");
  const std::string file = data + "/member/snap/db";
  const std::string keys = write_with_etcd(data);
  CHECK(keys.find("leased/key") != std::string::npos);
  const std::string status = output_of("ETCDCTL_API=3 etcdctl snapshot status " + file);

  SUBCASE("changed in place") {
    const auto db = must(Db::open(real_disk(), file, {}));
    check_keys(db->begin_read());
    churn(*db);
  }
  SUBCASE("all buckets written anew") {
    const auto db = must(Db::open(real_disk(), file, {}));
    must(compact(db->begin_read(), real_disk(), file + ".new"));
    must(real_disk().rename(file + ".new", file));
  }
  SUBCASE("streamed while a writer goes on") {
    const auto db = must(Db::open(real_disk(), file, {}));
    const ReadTx tx = db->begin_read();
    auto changing = must(db->begin_write());
    must(changing.put(must(changing.bucket("key")), "not in the stream", "x"));
    must(std::move(changing).commit());
    churn(*db);
    Bytes copy(tx.size(), '\0');
    for (size_t at = 0; at < copy.size(); at += 10000) {
      tx.copy(at, copy.data() + at, std::min<size_t>(10000, copy.size() - at));
    }
    must(replace_file(real_disk(), file, copy));
  }
  // "hash, revision, total keys, total size": all but the size are the same.
  const std::string after = output_of("ETCDCTL_API=3 etcdctl snapshot status " + file);
  CHECK(after.substr(0, after.rfind(',')) == status.substr(0, status.rfind(',')));

  {
    const RealEtcd etcd(data);
    CHECK(output_of(etcd.ctl("get --prefix ''")) == keys);
    output_of(etcd.ctl("put after restart"));
    output_of(etcd.ctl("defrag"));
  }
  const auto db = must(Db::open(real_disk(), file, {}));
  check_keys(db->begin_read());
}

}  // namespace
}  // namespace argosy::etcd::bolt
