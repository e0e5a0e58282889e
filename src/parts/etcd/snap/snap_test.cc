#include "parts/etcd/snap/snap.h"

#include <cerrno>
#include <doctest/doctest.h>
#include <fstream>

#include "sim/disk/sim_disk.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::raft;
using sim::SimDisk;

namespace {

Snapshot snapshot_at(uint64_t term, uint64_t index, Bytes data = "{}") {
  return {SharedBytes(std::move(data)),
          {{{NodeId{1}}, {}, {}, {}, false}, LogIndex{index}, Term{term}}};
}

Bytes recorded_file() {
  std::ifstream file("testdata/recorded_3_4_23.snap.hex");
  std::string text;
  for (std::string line; std::getline(file, line);) text += line;
  return from_hex(text).value();
}

struct Directory {
  Directory() {
    REQUIRE(disk.make_directories("snap", 0700));
    REQUIRE(disk.sync_directory("/"));
  }
  void write(const std::string& name, BytesView bytes) {
    auto file = disk.open("snap/" + name, {.create = true}).value();
    REQUIRE(file->write_at(0, bytes));
  }
  std::vector<std::string> names() { return disk.list("snap").value(); }

  SimDisk disk;
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a file of 3.4.23 is read and written again, byte for byte") {
  const Bytes bytes = recorded_file();
  const Snapshot snapshot = snap::decode_file(bytes).value();
  CHECK(snapshot.metadata.term == Term{2});
  CHECK(snapshot.metadata.index == LogIndex{13});
  CHECK(snapshot.metadata.conf_state.voters.size() == 1);
  CHECK(snapshot.data.view().starts_with("{\"Root\":{\"Path\":\"/\""));
  CHECK(snap::encode_file(snapshot) == bytes);
}

TEST_CASE("names are term, then index") {
  CHECK(snap::file_name(Term{2}, LogIndex{100001}) == "0000000000000002-00000000000186a1.snap");
  CHECK(snap::database_path("d", LogIndex{26}) == "d/000000000000001a.snap.db");
}

TEST_CASE("a file's errors have the original's texts") {
  const auto text = [](BytesView bytes) { return snap::decode_file(bytes).error().message(); };
  CHECK(text("") == "snap: empty snapshot");
  CHECK(text(Bytes("\x08\x00\x12\x01x", 5)) == "snap: empty snapshot");
  CHECK(text(Bytes("\x08\x01\x12\x00", 4)) == "snap: empty snapshot");
  CHECK(text("\x08\x01\x12\x01x") == "snap: crc mismatch");
  CHECK(text("\x08") == "snap: malformed snapshot file");
}

TEST_CASE("every flipped bit in a file is noticed") {
  const Bytes bytes = snap::encode_file(snapshot_at(7, 1234, "state"));
  const Snapshot snapshot = snap::decode_file(bytes).value();
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    CAPTURE(bit);
    Bytes damaged = bytes;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ 1 << bit % 8);
    const auto read = snap::decode_file(damaged);
    CHECK_FALSE(read);
    if (!read) CHECK(read.error().code() == Code::kDataLoss);
  }
}

TEST_CASE("the newest that can be read is loaded, and the unreadable ones are put aside") {
  Directory d;
  REQUIRE(snap::save(d.disk, "snap", snapshot_at(1, 30)));
  REQUIRE(snap::save(d.disk, "snap", snapshot_at(2, 20)));
  d.write("0000000000000003-0000000000000001.snap", "rubbish");
  d.write("0000000000000004-0000000000000001.snap", "");
  d.write("db", "not a snapshot");
  const auto loaded = snap::load(d.disk, "snap").value();
  CHECK(loaded.snapshot == snapshot_at(2, 20));
  CHECK(loaded.broken ==
        Names{"0000000000000004-0000000000000001.snap", "0000000000000003-0000000000000001.snap"});
  CHECK(exists(d.disk, "snap/0000000000000003-0000000000000001.snap.broken"));
  CHECK(snap::load(d.disk, "snap").value().broken.empty());
  CHECK(d.disk.stat("snap/" + snap::file_name(Term{2}, LogIndex{20})).value().mode == 0100644);
}

TEST_CASE("only a snapshot that the log knows is loaded") {
  Directory d;
  for (const uint64_t index : {10U, 20U, 30U}) {
    REQUIRE(snap::save(d.disk, "snap", snapshot_at(2, index)));
  }
  const std::vector<raftpb::SnapshotMark> known = {
      {LogIndex{0}, Term{0}}, {LogIndex{20}, Term{2}}, {LogIndex{30}, Term{1}}};
  const auto loaded = snap::load_newest_available(d.disk, "snap", known);
  CHECK(loaded.value().snapshot == snapshot_at(2, 20));
  const auto none = snap::load_newest_available(d.disk, "snap", {});
  CHECK(none.error().text() == "snap: snap: no available snapshot");
  CHECK(none.error().code() == Code::kNotFound);
}

TEST_CASE("an empty snapshot is not written") {
  Directory d;
  REQUIRE(snap::save(d.disk, "snap", Snapshot{}));
  CHECK(d.names().empty());
}

TEST_CASE("purging keeps the newest") {
  Directory d;
  for (uint64_t i = 1; i <= 7; ++i) REQUIRE(snap::save(d.disk, "snap", snapshot_at(i / 4, i)));
  d.write("db", "");
  CHECK(snap::purge(d.disk, "snap").value() ==
        Names{snap::file_name(Term{0}, LogIndex{1}), snap::file_name(Term{0}, LogIndex{2})});
  CHECK(d.names().size() == 6);
  CHECK(snap::purge(d.disk, "snap").value().empty());
}

TEST_CASE("leftovers of an interrupted run are removed") {
  Directory d;
  d.write("db", "");
  d.write("db.tmp.123", "");
  d.write("tmp456", "");
  d.write("0000000000000001-0000000000000001.snap.tmp", "");
  d.write("0000000000000001-0000000000000001.snap.broken", "");
  CHECK(snap::remove_leftovers(d.disk, "snap").value() ==
        Names{"0000000000000001-0000000000000001.snap.tmp", "db.tmp.123", "tmp456"});
  CHECK(d.names() == Names{"0000000000000001-0000000000000001.snap.broken", "db"});
}

TEST_CASE("a database comes in whole or not at all") {
  Directory d;
  {
    auto dropped = snap::IncomingDatabase::begin(d.disk, "snap", "1").value();
    REQUIRE(dropped.append("half"));
    CHECK(d.names() == Names{"tmp1"});
  }
  CHECK(d.names().empty());
  auto database = snap::IncomingDatabase::begin(d.disk, "snap", "1").value();
  REQUIRE(database.append("first "));
  REQUIRE(database.append("second"));
  CHECK(database.size() == 12);
  REQUIRE(std::move(database).commit(LogIndex{30}));
  const std::string path = snap::find_database(d.disk, "snap", LogIndex{30}).value();
  CHECK(read_file(d.disk, path).value() == "first second");
  {
    auto again = snap::IncomingDatabase::begin(d.disk, "snap", "2").value();
    REQUIRE(again.append("x"));
    REQUIRE(std::move(again).commit(LogIndex{30}));
  }
  CHECK(d.names() == Names{"000000000000001e.snap.db"});
  CHECK(read_file(d.disk, path).value() == "first second");
  CHECK(snap::find_database(d.disk, "snap", LogIndex{31}).error().message() ==
        "snap: snapshot file doesn't exist");
}

TEST_CASE("databases of older snapshots are released") {
  Directory d;
  for (const uint64_t index : {5U, 6U, 7U}) d.write(snap::database_path("", LogIndex{index}), "");
  d.write("other.snap.db", "");
  CHECK(snap::list_databases(d.disk, "snap").value() ==
        std::vector{LogIndex{5}, LogIndex{6}, LogIndex{7}});
  CHECK(snap::release_databases(d.disk, "snap", LogIndex{6}).value() ==
        Names{"0000000000000005.snap.db"});
  CHECK(snap::list_databases(d.disk, "snap").value() == std::vector{LogIndex{6}, LogIndex{7}});
}

TEST_CASE("whenever the power goes, a saved snapshot is there and whole") {
  Directory d;
  REQUIRE(snap::save(d.disk, "snap", snapshot_at(1, 10, Bytes(3000, 'a'))));
  for (uint64_t seed = 0; seed < 400; ++seed) {
    CAPTURE(seed);
    SeededRandom random(seed);
    const auto disk = d.disk.clone();
    disk->crash_at(1 + random.below(7));
    const bool is_saved =
        snap::save(*disk, "snap", snapshot_at(1, 20, Bytes(3000, 'b'))).has_value();
    disk->power_loss(random);
    const auto loaded = snap::load(*disk, "snap").value();
    CHECK(loaded.broken.empty());
    if (is_saved || loaded.snapshot.metadata.index == LogIndex{20}) {
      CHECK(loaded.snapshot == snapshot_at(1, 20, Bytes(3000, 'b')));
    } else {
      CHECK(loaded.snapshot == snapshot_at(1, 10, Bytes(3000, 'a')));
    }
  }
}

TEST_CASE("a full disk leaves the older snapshot") {
  Directory d;
  REQUIRE(snap::save(d.disk, "snap", snapshot_at(1, 10)));
  for (uint64_t call = 1; call <= 5; ++call) {
    const auto disk = d.disk.clone();
    disk->fail_from(call, ENOSPC);
    CHECK(snap::save(*disk, "snap", snapshot_at(1, 20)).error().code() == Code::kResourceExhausted);
    disk->heal();
    // The last call makes a name durable that is already seen.
    const uint64_t expected = call == 5 ? 20 : 10;
    CHECK(snap::load(*disk, "snap").value().snapshot == snapshot_at(1, expected));
  }
}
