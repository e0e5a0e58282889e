#include "parts/etcd/wal/torn_tail.h"

#include <doctest/doctest.h>

#include "parts/etcd/wal/log_reader.h"
#include "parts/etcd/wal/wal_on_sim_test.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::wal;

namespace {

// A segment with its records' places, made by saves as a member makes them.
struct Segment {
  Encoder encoder;
  std::vector<uint64_t> at;  // of each record's frame

  Segment() {
    mark_here();
    encoder.add_crc();
    mark_here();
    encoder.add_metadata("m");
    mark_here();
    encoder.add_snapshot({});
  }
  void mark_here() { at.push_back(encoder.pending().size()); }
  void entry(uint64_t index, Bytes data) {
    mark_here();
    encoder.add_entry(entry_at(index, 1, std::move(data)));
  }
  void state(uint64_t commit) {
    mark_here();
    encoder.add_state(state_of(1, commit));
  }
  Bytes bytes(size_t tail = 4096) const { return Bytes(encoder.pending()) + Bytes(tail, '\0'); }
};

// Bytes without a zero, so that no sector of them could be a lost one.
Bytes full(size_t size) {
  Bytes out(size, '\0');
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<char>(1 + i % 250);
  return out;
}

void lose_sector(Bytes& segment, uint64_t number) {
  segment.replace(number * kSectorBytes, kSectorBytes, kSectorBytes, '\0');
}

struct Outcome {
  std::string error;  // empty when the log could be read to its end
  std::vector<uint64_t> entries;
  bool is_torn = false;
  bool has_garbage = false;
};

Outcome read(const Bytes& segment) {
  sim::SimDisk disk;
  auto file = disk.open("segment", {.create = true}).value();
  REQUIRE(file->write_at(0, segment));
  LogReader reader({file.get()});
  Outcome outcome;
  while (true) {
    const auto record = reader.next();
    if (!record) {
      outcome.error = record.error().message();
      return outcome;
    }
    if (!*record) break;
    if ((*record)->is(RecordType::kEntry)) {
      outcome.entries.push_back(raftpb::decode_entry((*record)->data).value().index.value());
    }
  }
  outcome.is_torn = reader.is_torn();
  outcome.has_garbage = reader.has_garbage();
  return outcome;
}

using Indexes = std::vector<uint64_t>;

}  // namespace

TEST_CASE("length fields") {
  CHECK(length_field(frame_for(4)) == 0x8400000000000004);
  CHECK(length_field(frame_for(16)) == 16);
  CHECK(parse_length_field(0x8400000000000004).value().total() == 16);
  CHECK_FALSE(parse_length_field(0));
  CHECK_FALSE(parse_length_field(4));
  CHECK_FALSE(parse_length_field(0x8300000000000004));
  CHECK_FALSE(parse_length_field(0x0400000000000004));
  CHECK_FALSE(parse_length_field(0x8000000000000010));
}

TEST_CASE("a record's first bytes tell its size") {
  Encoder encoder;
  encoder.add_crc();
  encoder.add_entry(entry_at(1, 1, full(700)));
  const BytesView entry = encoder.pending().substr(16 + kFrameBytes);
  const uint64_t size = parse_length_field(load_le64(encoder.pending().data() + 16))->record;
  for (size_t known = 0; known < 20; ++known) {
    CAPTURE(known);
    const auto frame = frame_by_content(entry.substr(0, known));
    if (known >= 11) CHECK(frame.value().record == size);
    if (known < 8) CHECK_FALSE(frame);
  }
  CHECK(frame_by_content("\x09\x01").value().record == 0);
  CHECK(frame_by_content(encoder.pending().substr(8, 12)).value().record == 4);
}

TEST_CASE("a whole log, with zeros after it or without") {
  Segment segment;
  segment.entry(1, full(600));
  segment.state(0);
  for (const size_t tail : {0U, 5U, 8U, 4096U}) {
    const Outcome outcome = read(segment.bytes(tail));
    CHECK(outcome.error == "");
    CHECK(outcome.entries == Indexes{1});
    CHECK_FALSE(outcome.is_torn);
    CHECK_FALSE(outcome.has_garbage);
  }
}

TEST_CASE("a lost sector in the last save tears the record that reaches into it") {
  Segment segment;
  segment.entry(1, full(100));
  segment.entry(2, full(3000));
  segment.entry(3, full(100));
  segment.state(1);
  const Bytes whole = segment.bytes();
  for (uint64_t sector = 1; sector <= segment.at.back() / kSectorBytes; ++sector) {
    CAPTURE(sector);
    Bytes torn = whole;
    lose_sector(torn, sector);
    const Outcome outcome = read(torn);
    CHECK(outcome.error == "");
    CHECK(outcome.has_garbage);
    CHECK(outcome.entries[0] == 1);
    CHECK(outcome.entries.size() <= 3);
  }
}

TEST_CASE("a lost sector that holds a length ends the log before it") {
  Segment segment;
  segment.entry(1, full(400));
  segment.entry(2, full(1500));
  REQUIRE(segment.at[4] / kSectorBytes == 0);
  segment.entry(3, full(1000));
  REQUIRE(segment.at[5] % kSectorBytes > 8);
  Bytes torn = segment.bytes();
  const uint64_t sector = segment.at[5] / kSectorBytes;
  torn.replace(segment.at[5], (sector + 1) * kSectorBytes - segment.at[5],
               (sector + 1) * kSectorBytes - segment.at[5], '\0');
  const Outcome outcome = read(torn);
  CHECK(outcome.error == "");
  CHECK(outcome.entries == Indexes{1, 2});
  CHECK_FALSE(outcome.is_torn);
  CHECK(outcome.has_garbage);
}

TEST_CASE("a file that ends in a record is torn") {
  Segment segment;
  segment.entry(1, full(100));
  segment.entry(2, full(1000));
  const Bytes whole = segment.bytes(0);
  for (size_t size = segment.at[4] + 1; size < whole.size(); size += 3) {
    CAPTURE(size);
    const Outcome outcome = read(whole.substr(0, size));
    CHECK(outcome.error == "");
    CHECK(outcome.is_torn);
    CHECK(outcome.entries == Indexes{1});
  }
}

TEST_CASE("damage without a lost sector is an error") {
  Segment segment;
  segment.entry(1, full(900));
  Bytes damaged = segment.bytes();
  damaged[segment.at[3] + 600] ^= 1;
  CHECK(read(damaged).error == "wal: crc mismatch");
}

TEST_CASE("zeros in part of a sector are no lost sector") {
  Segment segment;
  segment.entry(1, full(100) + Bytes(300, '\0') + full(100));
  Bytes damaged = segment.bytes();
  damaged[segment.at[3] + 60] ^= 1;
  CHECK(read(damaged).error == "wal: crc mismatch");
}

TEST_CASE("padding at a sector's beginning is no lost sector") {
  // The record's last bytes, its padding, begin a sector; the original would call any
  // damage in it torn.
  for (size_t size = 380; size < 460; ++size) {
    Segment segment;
    segment.entry(1, full(size));
    segment.state(0);
    Bytes damaged = segment.bytes();
    damaged[segment.at[3] + 60] ^= 1;
    CHECK(read(damaged).error == "wal: crc mismatch");
  }
}

TEST_CASE("a length that its record contradicts is damage, wherever it leads") {
  Segment segment;
  segment.entry(1, full(900));
  segment.state(0);
  for (unsigned bit = 0; bit < 64; ++bit) {
    CAPTURE(bit);
    Bytes damaged = segment.bytes(1 << 16);
    damaged[segment.at[3] + bit / 8] =
        static_cast<char>(damaged[segment.at[3] + bit / 8] ^ 1 << bit % 8);
    const std::string error = read(damaged).error;
    CHECK(error.size() > 0);
  }
}

TEST_CASE("a zero length is no end when its record stands beside it") {
  for (size_t size = 1; size < 300; ++size) {
    CAPTURE(size);
    Segment segment;
    segment.entry(1, full(size));
    Bytes damaged = segment.bytes();
    damaged.replace(segment.at[3], 8, 8, '\0');
    CHECK(read(damaged).error == "wal: zero length before the end of the log");
  }
}

TEST_CASE("what a later sync covers was not torn") {
  // Sector 1 is lost, or so it seems: it belongs to the first of several saves.
  const auto with_saves = [](int saves, bool has_states) {
    Segment segment;
    segment.entry(1, full(2000));
    for (int i = 1; i <= saves; ++i) {
      if (has_states) segment.state(static_cast<uint64_t>(i - 1));
      segment.entry(static_cast<uint64_t>(i + 1), full(50));
    }
    Bytes bytes = segment.bytes();
    lose_sector(bytes, 1);
    return bytes;
  };
  CHECK(read(with_saves(0, true)).is_torn);
  // One save of three entries, or three saves: the records do not tell.
  CHECK(read(with_saves(2, false)).is_torn);
  // State, entry, state, entry: the first three end two saves, and then comes a third.
  CHECK(read(with_saves(3, true)).error == "wal: crc mismatch");
}

TEST_CASE("a save of only a commit index proves nothing") {
  Segment segment;
  segment.state(1);
  segment.state(2);
  segment.entry(1, full(2000));
  segment.entry(2, full(100));
  segment.state(3);
  Bytes bytes = segment.bytes();
  lose_sector(bytes, 1);
  const Outcome outcome = read(bytes);
  CHECK(outcome.error == "");
  CHECK(outcome.is_torn);
}

TEST_CASE("a log inside an entry proves nothing about the log") {
  Segment inner;
  for (uint64_t i = 1; i < 6; ++i) {
    inner.entry(i, full(50));
    inner.state(i);
  }
  Segment segment;
  segment.entry(1, full(1200) + inner.bytes(0));
  Bytes bytes = segment.bytes();
  lose_sector(bytes, 1);
  CHECK(read(bytes).is_torn);
}

TEST_CASE("an unfinished segment that is not the last is damage") {
  const auto disk = disk_with_home();
  {
    const auto wal = Wal::create(*disk, kDirectory, "m", kSmall).value();
    for (uint64_t i = 1; i < 12; ++i) {
      const raft::Entry entry = entry_at(i, 1, full(500));
      REQUIRE(wal->save(state_of(1, i - 1), {&entry, 1}, true));
    }
  }
  auto file = disk->open(segment_path(0, 0), {}).value();
  REQUIRE(file->truncate(file->size().value() - 12));
  const auto opened = open_wal(*disk);
  CHECK(opened.error().message() == "unexpected EOF");
  CHECK(opened.error().code() == Code::kDataLoss);
}

TEST_CASE("opening cuts a torn record off, keeps a copy, and clears what followed") {
  const auto disk = disk_with_home();
  uint64_t good_end = 0;
  {
    const auto wal = Wal::create(*disk, kDirectory, "m", kSmall).value();
    const raft::Entry first = entry_at(1, 1, full(300));
    REQUIRE(wal->save(state_of(1, 0), {&first, 1}, true));
    good_end = wal->segment_size();
    const std::vector last = {entry_at(2, 1, full(900)), entry_at(3, 1, full(900))};
    REQUIRE(wal->save(state_of(1, 0), last, true));
  }
  auto file = disk->open(segment_path(0, 0), {}).value();
  REQUIRE(file->write_at(2 * kSectorBytes, Bytes(kSectorBytes, '\0')));
  const Bytes torn = read_file(*disk, segment_path(0, 0)).value();
  const auto opened = open_wal(*disk).value();
  CHECK(opened.content.entries.size() == 1);
  CHECK(opened.wal->segment_size() == good_end);
  CHECK(opened.broken_copy == segment_path(0, 0) + ".broken");
  CHECK(read_file(*disk, *opened.broken_copy).value() == torn);
  const Bytes mended = read_file(*disk, segment_path(0, 0)).value();
  CHECK(mended.size() == kSmall.segment_bytes);
  CHECK(mended.substr(0, good_end) == torn.substr(0, good_end));
  CHECK(is_all_zero(BytesView(mended).substr(good_end)));
}
