#include "parts/etcd/wal/wal.h"

#include <cerrno>
#include <doctest/doctest.h>

#include "parts/etcd/wal/log_reader.h"
#include "parts/etcd/wal/member_metadata.h"
#include "parts/etcd/wal/wal_on_sim_test.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::raft;
using namespace argosy::etcd::wal;
using sim::SimDisk;

namespace {

using Names = std::vector<std::string>;

const Bytes kMetadata = encode_member_metadata({NodeId{1}, 2});

std::unique_ptr<Wal> create_wal(Disk& disk, WalOptions options = kSmall) {
  return Wal::create(disk, kDirectory, kMetadata, options).value();
}

// Entries of term 1 with `size` bytes each, one save for each.
void save_range(Wal& wal, uint64_t first, uint64_t last, size_t size = 10) {
  for (uint64_t index = first; index <= last; ++index) {
    const Entry entry = entry_at(index, 1, Bytes(size, 'd'));
    REQUIRE(wal.save(state_of(1, index - 1), {&entry, 1}, true));
  }
}

std::vector<uint64_t> indexes(const WalContent& content) {
  std::vector<uint64_t> out;
  for (const Entry& entry : content.entries) out.push_back(entry.index.value());
  return out;
}

void write_records(Disk& disk, BytesView bytes) {
  REQUIRE(disk.make_directories(kDirectory, 0700));
  auto file = disk.open(segment_path(0, 0), {.create = true, .truncate = true}).value();
  REQUIRE(file->allocate(4096));
  REQUIRE(file->write_at(0, bytes));
}

std::string open_error(const Result<Wal::Opened>& opened) {
  return opened ? "opened" : opened.error().text();
}

// A log of records made by hand, and why it cannot be opened.
std::string error_of(const Encoder& encoder) {
  SimDisk disk;
  write_records(disk, encoder.pending());
  return open_error(open_wal(disk));
}

Encoder fresh_head() {
  Encoder encoder;
  encoder.add_crc();
  encoder.add_metadata(kMetadata);
  encoder.add_snapshot({});
  return encoder;
}

}  // namespace

TEST_CASE("a log of 3.4.23 is read completely and written again, byte for byte") {
  const Bytes recorded = hex_file("testdata/recorded_3_4_23.wal.hex");
  SimDisk disk;
  write_records(disk, recorded);
  auto file = disk.open(segment_path(0, 0), {}).value();
  LogReader reader({file.get()});
  Encoder encoder;
  encoder.add_crc();
  size_t count = 1;
  while (const auto record = reader.next().value()) {
    switch (static_cast<RecordType>(record->type)) {
      case RecordType::kMetadata:
        encoder.add_metadata(encode_member_metadata(decode_member_metadata(record->data).value()));
        break;
      case RecordType::kEntry:
        encoder.add_entry(raftpb::decode_entry(record->data).value());
        break;
      case RecordType::kState:
        encoder.add_state(raftpb::decode_hard_state(record->data).value());
        break;
      case RecordType::kSnapshot:
        encoder.add_snapshot(decode_snapshot_mark(record->data).value());
        break;
      case RecordType::kCrc:
        FAIL("a checksum record came out");
    }
    ++count;
  }
  CHECK(count == 68);
  CHECK(reader.end() == recorded.size());
  CHECK_FALSE(reader.has_garbage());
  CHECK(encoder.pending() == recorded);

  const WalContent content = read_wal(disk, kDirectory, {}).value();
  CHECK(content.entries.size() == 32);
  CHECK(content.entries.front().type == EntryType::kConfChange);
  CHECK(content.hard_state.term == Term{3});
  CHECK(valid_snapshot_entries(disk, kDirectory).value() ==
        std::vector{mark(0, 0), mark(13, 2), mark(26, 2)});
  const WalContent late = open_wal(disk, mark(26, 2)).value().content;
  CHECK(late.entries.front().index == LogIndex{27});
  CHECK(late.hard_state == content.hard_state);
}

TEST_CASE("a new log is three records in a segment of full size") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  const Bytes bytes = read_file(*disk, segment_path(0, 0)).value();
  CHECK(bytes.size() == 4096);
  CHECK(to_hex(bytes.substr(0, wal->segment_size())) ==
        "0400000000000084"
        "0804100000000000"
        "0e00000000000082"
        "080110a9f6f0ac0c1a04080110020000"
        "0e00000000000082"
        "08051099cffffd0d1a04080010000000");
  CHECK(disk->stat(kDirectory).value().mode == 0040700);
  CHECK(disk->stat(segment_path(0, 0)).value().mode == 0100600);
  CHECK(disk->list("member").value() == Names{"wal"});
}

TEST_CASE("creating: not over a log, but over what an interrupted creation has left") {
  const auto disk = disk_with_home();
  REQUIRE(disk->make_directories(kDirectory, 0700));
  REQUIRE(disk->make_directories(kDirectory + ".tmp", 0700));
  REQUIRE(disk->open(kDirectory + ".tmp/x", {.create = true}));
  CHECK_FALSE(wal_exists(*disk, kDirectory));
  create_wal(*disk);
  CHECK(wal_exists(*disk, kDirectory));
  const auto again = Wal::create(*disk, kDirectory, kMetadata);
  CHECK(again.error().code() == Code::kAlreadyExists);
  CHECK(again.error().text() == "member/wal: file already exists");
}

TEST_CASE("what was saved is read, and appending goes on") {
  const auto disk = disk_with_home();
  save_range(*create_wal(*disk), 1, 3);
  {
    auto opened = open_wal(*disk).value();
    CHECK(opened.content.metadata == kMetadata);
    CHECK(opened.content.hard_state == state_of(1, 2));
    CHECK(opened.wal->hard_state() == state_of(1, 2));
    CHECK(indexes(opened.content) == std::vector<uint64_t>{1, 2, 3});
    CHECK(opened.content.entries[0] == entry_at(1, 1, Bytes(10, 'd')));
    CHECK_FALSE(opened.broken_copy.has_value());
    save_range(*opened.wal, 4, 5);
    REQUIRE(opened.wal->save({}, {}, false));
  }
  CHECK(indexes(open_wal(*disk).value().content) == std::vector<uint64_t>{1, 2, 3, 4, 5});
  CHECK(indexes(read_wal(*disk, kDirectory, {}).value()) == std::vector<uint64_t>{1, 2, 3, 4, 5});
}

TEST_CASE("an entry replaces those from its index on") {
  const auto disk = disk_with_home();
  {
    const auto wal = create_wal(*disk);
    const std::vector first = {entry_at(1, 1, "a"), entry_at(2, 1, "b"), entry_at(3, 1, "c")};
    REQUIRE(wal->save(state_of(1, 1), first, true));
    const std::vector second = {entry_at(2, 2, "B")};
    REQUIRE(wal->save(state_of(2, 1), second, true));
  }
  const auto content = open_wal(*disk).value().content;
  CHECK(content.entries == std::vector{entry_at(1, 1, "a"), entry_at(2, 2, "B")});
}

TEST_CASE("a full segment is cut, and the next begins with what is known") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  save_range(*wal, 1, 9, 500);
  CHECK(disk->list(kDirectory).value() ==
        Names{SegmentName{0, LogIndex{0}}.text(), SegmentName{1, LogIndex{9}}.text()});
  const auto first = disk->stat(segment_path(0, 0)).value();
  CHECK(first.size > 4096);
  CHECK(disk->stat(segment_path(1, 9)).value().size == 4096);

  auto file = disk->open(segment_path(1, 9), {}).value();
  LogReader reader({file.get()});
  CHECK(reader.next().value()->is(RecordType::kMetadata));
  const auto state = reader.next().value();
  CHECK(raftpb::decode_hard_state(state->data).value() == state_of(1, 7));
  CHECK(reader.next().value()->is(RecordType::kEntry));
}

TEST_CASE("the next segment can be prepared, and is removed when it is not needed") {
  const auto disk = disk_with_home();
  {
    const auto wal = create_wal(*disk);
    REQUIRE(wal->prepare_next_segment());
    REQUIRE(wal->prepare_next_segment());
    CHECK(exists(*disk, join_path(kDirectory, "1.tmp")));
    save_range(*wal, 1, 9, 500);
    CHECK_FALSE(exists(*disk, join_path(kDirectory, "1.tmp")));
    REQUIRE(wal->prepare_next_segment());
    CHECK(disk->stat(join_path(kDirectory, "0.tmp")).value().size == 4096);
  }
  CHECK(disk->list(kDirectory).value().size() == 2);
  CHECK(indexes(open_wal(*disk).value().content).size() == 9);
}

TEST_CASE("preparing moves the work of a cut to an idle moment") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  save_range(*wal, 1, 7, 500);
  const auto calls_of_cut = [&] {
    const uint64_t before = disk->mutating_calls();
    save_range(*wal, 8, 8, 500);
    return disk->mutating_calls() - before;
  };
  REQUIRE(wal->prepare_next_segment());
  // write, truncate, sync, write, sync, rename, sync of the directory
  CHECK(calls_of_cut() == 7);
}

TEST_CASE("opening begins at the segment that the snapshot needs") {
  const auto disk = disk_with_home();
  {
    const auto wal = create_wal(*disk);
    save_range(*wal, 1, 20, 500);
    REQUIRE(wal->save_snapshot(mark(18, 1)));
    save_range(*wal, 21, 22, 500);
  }
  CHECK(disk->list(kDirectory).value().size() == 3);
  CHECK(indexes(open_wal(*disk, mark(18, 1)).value().content) ==
        std::vector<uint64_t>{19, 20, 21, 22});
  REQUIRE(disk->remove(segment_path(0, 0)));
  CHECK(indexes(open_wal(*disk, mark(18, 1)).value().content) ==
        std::vector<uint64_t>{19, 20, 21, 22});
  CHECK(open_error(open_wal(*disk)) == "wal: file not found");
  CHECK(open_error(open_wal(*disk, mark(18, 2))).ends_with("wal: snapshot mismatch"));
  CHECK(open_error(open_wal(*disk, mark(19, 1))) == "wal: snapshot not found");
}

TEST_CASE("a missing segment is noticed") {
  const auto disk = disk_with_home();
  save_range(*create_wal(*disk), 1, 30, 500);
  auto names = disk->list(kDirectory).value();
  REQUIRE(names.size() == 4);
  REQUIRE(disk->remove(join_path(kDirectory, names[1])));
  CHECK(open_error(open_wal(*disk)) == "after " + names[0] + ": wal: file not found");
}

TEST_CASE("a snapshot counts once its index is committed") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  save_range(*wal, 1, 5);
  REQUIRE(wal->save_snapshot(mark(4, 1)));
  REQUIRE(wal->save_snapshot(mark(5, 1)));
  CHECK(valid_snapshot_entries(*disk, kDirectory).value() == std::vector{mark(0, 0), mark(4, 1)});
  REQUIRE(wal->save(state_of(1, 5), {}, true));
  CHECK(valid_snapshot_entries(*disk, kDirectory).value() ==
        std::vector{mark(0, 0), mark(4, 1), mark(5, 1)});
}

TEST_CASE("a snapshot from a leader lets the log go on far ahead") {
  const auto disk = disk_with_home();
  {
    const auto wal = create_wal(*disk);
    save_range(*wal, 1, 3);
    REQUIRE(wal->save_snapshot(mark(1000, 1)));
    REQUIRE(wal->save(state_of(1, 1000), {}, true));
    save_range(*wal, 1001, 1010, 500);
  }
  const auto content = open_wal(*disk, mark(1000, 1)).value().content;
  CHECK(content.entries.size() == 10);
  CHECK(content.hard_state == state_of(1, 1009));
  CHECK(open_error(open_wal(*disk)).ends_with("wal: slice bounds out of range"));
}

TEST_CASE("one process at a time, until segments are released") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  save_range(*wal, 1, 30, 500);
  const auto names = disk->list(kDirectory).value();
  CHECK(names.size() == 4);
  CHECK(open_error(open_wal(*disk)) == segment_path(0, 0) + ": fileutil: file already locked");
  CHECK(wal->purge(1).value().empty());
  // Entries from 20 on may be in the third segment, which begins at 17.
  REQUIRE(wal->release_lock_to(LogIndex{20}));
  CHECK(wal->purge(5).value().empty());
  CHECK(wal->purge(3).value() == Names{names[0]});
  CHECK(wal->purge(1).value() == Names{names[1]});
  CHECK(disk->list(kDirectory).value() == Names{names[2], names[3]});
  REQUIRE(wal->release_lock_to(LogIndex{1000}));
  CHECK(wal->purge(0).value() == Names{names[2]});
}

TEST_CASE("purging stops at a segment that somebody else has locked") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  save_range(*wal, 1, 30, 500);
  const auto names = disk->list(kDirectory).value();
  REQUIRE(wal->release_lock_to(LogIndex{1000}));
  const auto backup = disk->open(join_path(kDirectory, names[1]), {}).value();
  REQUIRE(backup->try_lock().value());
  CHECK(wal->purge(1).value() == Names{names[0]});
}

TEST_CASE("records that contradict each other") {
  Encoder other = fresh_head();
  other.add_metadata("other");
  CHECK(error_of(other) ==
        "member/wal/0000000000000000-0000000000000000.wal at offset 64: "
        "wal: conflicting metadata found");

  Encoder gap = fresh_head();
  gap.add_entry(entry_at(2, 1, ""));
  CHECK(error_of(gap).ends_with(" at offset 64: wal: slice bounds out of range"));

  Encoder back = fresh_head();
  back.add_state(state_of(2, 5));
  back.add_state(state_of(1, 5));
  CHECK(error_of(back).ends_with("wal: hard state goes back"));

  Encoder committed = fresh_head();
  committed.add_entry(entry_at(1, 1, ""));
  committed.add_state(state_of(1, 1));
  committed.add_entry(entry_at(1, 2, ""));
  CHECK(error_of(committed).ends_with("wal: committed entry overwritten"));

  Encoder terms = fresh_head();
  terms.add_entry(entry_at(1, 3, ""));
  terms.add_entry(entry_at(2, 2, ""));
  CHECK(error_of(terms).ends_with("wal: entry of an earlier term than the one before it"));

  Encoder far;
  far = fresh_head();
  far.add_entry(entry_at(1, 1ULL << 40, ""));
  CHECK(error_of(far).ends_with("wal: entry of an impossible term"));

  Encoder headless;
  headless.add_crc();
  headless.add_snapshot({});
  CHECK(error_of(headless) == "wal: metadata not found");
}

TEST_CASE("a record type that nobody knows") {
  Encoder encoder = fresh_head();
  encoder.add_snapshot({});
  Bytes bytes(encoder.pending());
  bytes[64 + 9] = 7;
  SimDisk disk;
  write_records(disk, bytes);
  CHECK(open_error(open_wal(disk)).ends_with("unexpected block type 7"));
}

TEST_CASE("an entry that could not be read again is refused before anything is written") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk, {.segment_bytes = 64'000'000});
  const std::vector entries = {entry_at(1, 1, "fits"), entry_at(2, 1, Bytes(10 << 20, 'x'))};
  const auto refused = wal->save(state_of(1, 0), entries, true);
  CHECK(refused.error().text() == "saving entry 2: wal: max entry size limit exceeded");
  CHECK(wal->bytes_written() == 64);
  const std::vector large = {entry_at(1, 1, Bytes((10 << 20) - 100, 'x'))};
  REQUIRE(wal->save(state_of(1, 0), large, true));
  CHECK(read_wal(*disk, kDirectory, {}).value().entries == large);
}

TEST_CASE("after a failed write or sync the log takes nothing more") {
  for (const int error : {ENOSPC, EIO}) {
    for (uint64_t call = 1; call <= 2; ++call) {
      CAPTURE(call);
      const auto disk = disk_with_home();
      const auto wal = create_wal(*disk);
      save_range(*wal, 1, 2);
      disk->fail_at(call, error);
      const Entry entry = entry_at(3, 1, "lost");
      const auto failed = wal->save(state_of(1, 2), {&entry, 1}, true);
      CHECK(failed.error().system_errno() == error);
      CHECK(wal->save(state_of(1, 2), {&entry, 1}, true).error().text() == failed.error().text());
      CHECK_FALSE(wal->save_snapshot(mark(1, 1)));
      CHECK_FALSE(wal->sync());
    }
  }
}

TEST_CASE("a cut that fails at any step is an error, and everything is still there") {
  for (uint64_t call = 1; call <= 10; ++call) {
    CAPTURE(call);
    const auto disk = disk_with_home();
    auto wal = create_wal(*disk);
    save_range(*wal, 1, 7, 500);
    disk->fail_from(call, ENOSPC);
    const Entry entry = entry_at(8, 1, Bytes(500, 'd'));
    const bool is_saved = wal->save(state_of(1, 7), {&entry, 1}, true).has_value();
    CHECK(is_saved == (call == 10));
    disk->heal();
    wal.reset();
    const auto content = open_wal(*disk).value().content;
    CHECK(content.entries.size() >= (is_saved ? 8 : 7));
  }
}

TEST_CASE("a disk without room for a whole segment does not keep a log from being opened") {
  const auto disk = disk_with_home();
  {
    auto wal = create_wal(*disk);
    save_range(*wal, 1, 3);
    const uint64_t end = wal->segment_size();
    wal.reset();
    auto file = disk->open(segment_path(0, 0), {}).value();
    REQUIRE(file->truncate(end));
    REQUIRE(file->sync());
  }
  disk->fail_at(1, ENOSPC);
  const auto opened = open_wal(*disk).value();
  CHECK(opened.content.entries.size() == 3);
  save_range(*opened.wal, 4, 9);
}

TEST_CASE("only a commit index may wait for the next sync") {
  const auto disk = disk_with_home();
  const auto wal = create_wal(*disk);
  const auto calls_of = [&](const HardState& state, std::vector<Entry> entries, bool must_sync) {
    const uint64_t before = disk->mutating_calls();
    REQUIRE(wal->save(state, entries, must_sync));
    return disk->mutating_calls() - before;
  };
  CHECK(calls_of(state_of(1, 0), {entry_at(1, 1, "a"), entry_at(2, 1, "b")}, true) == 2);
  CHECK(calls_of(state_of(1, 1), {}, false) == 1);
  CHECK(calls_of(state_of(1, 2), {}, true) == 2);
  CHECK(calls_of(state_of(2, 2), {}, false) == 2);
  CHECK(calls_of(state_of(2, 2), {entry_at(3, 2, "c")}, false) == 2);
  CHECK(calls_of({}, {}, false) == 0);
  CHECK(calls_of({}, {}, true) == 1);
}

TEST_CASE("metadata: the member's id and the cluster's") {
  const MemberMetadata metadata{NodeId{0x8e9e05c52164694d}, 0xcdf818194e3a8c32};
  CHECK(decode_member_metadata(encode_member_metadata(metadata)).value() == metadata);
  CHECK(to_hex(encode_member_metadata({})) == "08001000");
  CHECK_FALSE(decode_member_metadata("\x08"));
}
