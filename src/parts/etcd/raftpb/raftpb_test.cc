#include "parts/etcd/raftpb/raftpb.h"

#include <doctest/doctest.h>
#include <fstream>

#include "base/protowire.h"
#include "sys/random/random.h"

using namespace argosy;
using namespace argosy::etcd;
using namespace argosy::etcd::raft;

namespace {

Bytes hex(std::string_view text) {
  return from_hex(text).value();
}

// Numbers of every length, absent and present parts.
class RandomValues {
 public:
  explicit RandomValues(uint64_t seed) : random_(seed) {}

  uint64_t number() { return random_.next() >> random_.below(64); }
  Bytes bytes(size_t limit) {
    Bytes out(random_.below(limit + 1), '\0');
    for (char& byte : out) byte = static_cast<char>(random_.next());
    return out;
  }
  SharedBytes shared(size_t limit) { return SharedBytes(bytes(limit)); }
  template <typename Enum>
  Enum enumerator(Enum last) {
    return static_cast<Enum>(random_.below(static_cast<uint64_t>(last) + 1));
  }
  std::vector<NodeId> ids() {
    std::vector<NodeId> out(random_.below(4));
    for (auto& id : out) id = NodeId(number());
    return out;
  }

  Entry entry() {
    return {enumerator(EntryType::kConfChangeV2), Term(number()), LogIndex(number()),
            shared(random_.chance(2) ? 0 : 300)};
  }
  HardState hard_state() { return {Term(number()), NodeId(number()), LogIndex(number())}; }
  ConfState conf_state() { return {ids(), ids(), ids(), ids(), random_.chance(2)}; }
  Snapshot snapshot() {
    return {shared(200), {conf_state(), LogIndex(number() + 1), Term(number())}};
  }
  ConfChange conf_change() {
    return {number(), enumerator(ConfChangeType::kAddLearnerNode), NodeId(number()), bytes(40)};
  }
  ConfChangeV2 conf_change_v2() {
    ConfChangeV2 out{enumerator(ConfChangeTransition::kJointExplicit), {}, bytes(9)};
    out.changes.resize(random_.below(4));
    for (auto& change : out.changes) {
      change = {enumerator(ConfChangeType::kAddLearnerNode), NodeId(number())};
    }
    return out;
  }
  Message message() {
    Message out;
    out.type = enumerator(MessageType::kPreVoteResp);
    out.to = NodeId(number());
    out.from = NodeId(number());
    out.term = Term(number());
    out.log_term = Term(number());
    out.index = LogIndex(number());
    out.entries.resize(random_.below(4));
    for (auto& one : out.entries) one = entry();
    out.commit = LogIndex(number());
    if (random_.chance(3)) out.snapshot = snapshot();
    out.reject = random_.chance(2);
    out.reject_hint = LogIndex(number());
    out.context = bytes(random_.chance(2) ? 0 : 20);
    return out;
  }

 private:
  SeededRandom random_;
};

}  // namespace

TEST_CASE("an entry's numbers are written even when zero, its data only when there is some") {
  CHECK(to_hex(raftpb::to_bytes(Entry{})) == "080010001800");
  const Entry entry{EntryType::kConfChangeV2, Term{2}, LogIndex{300}, SharedBytes(Bytes("ab"))};
  CHECK(to_hex(raftpb::to_bytes(entry)) == "0802100218ac0222026162");
  CHECK(raftpb::decode_entry(hex("0802100218ac0222026162")).value() == entry);
}

TEST_CASE("the other values' exact bytes") {
  CHECK(to_hex(raftpb::to_bytes(HardState{Term{2}, NodeId{0}, LogIndex{128}})) == "08021000188001");
  const ConfState joint{{NodeId{1}, NodeId{200}}, {NodeId{3}}, {NodeId{4}}, {NodeId{5}}, true};
  CHECK(to_hex(raftpb::to_bytes(joint)) ==
        "080108c80110031804200528"
        "01");
  CHECK(to_hex(raftpb::to_bytes(SnapshotMetadata{})) == "0a02280010001800");
  CHECK(to_hex(raftpb::to_bytes(Snapshot{})) == "12080a02280010001800");
  CHECK(to_hex(raftpb::to_bytes(ConfChange{1, ConfChangeType::kAddLearnerNode, NodeId{7}, "x"})) ==
        "080110031807220178");
  const ConfChangeV2 changes{
      ConfChangeTransition::kJointExplicit, {{ConfChangeType::kRemoveNode, NodeId{9}}, {}}, "c"};
  CHECK(to_hex(raftpb::to_bytes(changes)) == "08021204080110091204080010001a0163");
  // The heartbeat of a link between members; it names nobody.
  CHECK(to_hex(raftpb::to_bytes(Message{.type = MessageType::kHeartbeat})) ==
        "08081000180020002800300040004a0a12080a0228001000180050005800");
}

TEST_CASE("append keeps what is there and grows once") {
  Bytes out = "before";
  raftpb::append(out, Entry{});
  CHECK(out == "before" + hex("080010001800"));
}

TEST_CASE("what members of 3.4.23 sent each other is read and written again, byte for byte") {
  std::ifstream file("testdata/recorded_3_4_23.txt");
  std::string kind;
  std::string text;
  size_t count = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with('#')) continue;
    CAPTURE(line);
    const size_t space = line.find(' ');
    const Bytes bytes = hex(std::string_view(line).substr(space + 1));
    if (line.starts_with("entry")) {
      CHECK(raftpb::to_bytes(raftpb::decode_entry(bytes).value()) == bytes);
    } else {
      const Message message = raftpb::decode_message(bytes).value();
      CHECK(raftpb::to_bytes(message) == bytes);
      CHECK_FALSE(message.snapshot.has_value());
    }
    ++count;
  }
  CHECK(count == 31);
}

TEST_CASE("missing fields are zero, unknown ones are skipped, the last one counts") {
  CHECK(raftpb::decode_message("").value() == Message{});
  CHECK(raftpb::decode_hard_state("").value() == HardState{});
  // Fields 13 (a number), 14 (bytes) and 15 (eight bytes) are of later versions.
  const Bytes later =
      hex("0804"
          "6805"
          "7202abcd"
          "790102030405060708"
          "2007"
          "2009");
  CHECK(raftpb::decode_message(later).value() ==
        Message{.type = MessageType::kAppResp, .term = Term{9}});
}

TEST_CASE("lists of numbers are read packed or not") {
  const auto state = raftpb::decode_conf_state(hex("08010a03020380"
                                                   "01"))
                         .value_or(ConfState{});
  CHECK(state.voters.empty());
  CHECK(raftpb::decode_conf_state(hex("08010a0402038001")).value().voters ==
        std::vector{NodeId{1}, NodeId{2}, NodeId{3}, NodeId{128}});
  CHECK_FALSE(raftpb::decode_conf_state(hex("0a0180")));
  CHECK_FALSE(raftpb::decode_conf_state(hex("0a0bffffffffffffffffffff01")));
  CHECK(raftpb::decode_conf_state(hex("0a00")).value().voters.empty());
}

TEST_CASE("an embedded message that comes twice is merged") {
  // Metadata with a term, then metadata with an index.
  const Snapshot snapshot = raftpb::decode_snapshot(hex("12021805"
                                                        "12021006"))
                                .value();
  CHECK(snapshot.metadata.index == LogIndex{6});
  CHECK(snapshot.metadata.term == Term{5});
}

TEST_CASE("errors say what is wrong") {
  const auto text = [](const auto& result) { return result.error().text(); };
  CHECK(text(raftpb::decode_entry(hex("0803"))) == "raftpb.Entry: unknown enumerator in field 1");
  CHECK(text(raftpb::decode_entry(hex("08ffffffffffffffffff01"))) ==
        "raftpb.Entry: unknown enumerator in field 1");
  CHECK(text(raftpb::decode_message(hex("0813"))) ==
        "raftpb.Message: unknown enumerator in field 1");
  CHECK(text(raftpb::decode_message(hex("0a0101"))) ==
        "raftpb.Message: wrong wire type in field 1");
  CHECK(text(raftpb::decode_message(hex("3801"))) == "raftpb.Message: wrong wire type in field 7");
  CHECK(text(raftpb::decode_message(hex("3a020a00"))) ==
        "raftpb.Entry: wrong wire type in field 1");
  CHECK(text(raftpb::decode_message(hex("3a0208"))) == "raftpb.Message: damaged message");
  CHECK(text(raftpb::decode_message(hex("3a0108"))) == "raftpb.Entry: damaged message");
  CHECK(text(raftpb::decode_conf_change(hex("1004"))) ==
        "raftpb.ConfChange: unknown enumerator in field 2");
  CHECK(text(raftpb::decode_conf_change_v2(hex("0803"))) ==
        "raftpb.ConfChangeV2: unknown enumerator in field 1");
  CHECK(text(raftpb::decode_conf_change_v2(hex("12020804"))) ==
        "raftpb.ConfChangeSingle: unknown enumerator in field 1");
  CHECK(raftpb::decode_entry(hex("0b")).error().code() == Code::kInvalidArgument);
}

TEST_CASE("a message has a bounded number of entries") {
  Bytes bytes;
  for (size_t i = 0; i < raftpb::kMaxEntriesPerMessage; ++i) bytes += Bytes("\x3a\0", 2);
  CHECK(raftpb::decode_message(bytes).value().entries.size() == raftpb::kMaxEntriesPerMessage);
  bytes += Bytes("\x3a\0", 2);
  CHECK(raftpb::decode_message(bytes).error().text() ==
        "raftpb.Message: too many entries in field 7");
}

TEST_CASE("random values survive the round trip, and no prefix of a message is mistaken for it") {
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    CAPTURE(seed);
    RandomValues random(seed);
    const Entry entry = random.entry();
    CHECK(raftpb::decode_entry(raftpb::to_bytes(entry)).value() == entry);
    const HardState state = random.hard_state();
    CHECK(raftpb::decode_hard_state(raftpb::to_bytes(state)).value() == state);
    const Snapshot snapshot = random.snapshot();
    CHECK(raftpb::decode_snapshot(raftpb::to_bytes(snapshot)).value() == snapshot);
    const ConfState conf_state = random.conf_state();
    CHECK(raftpb::decode_conf_state(raftpb::to_bytes(conf_state)).value() == conf_state);
    const SnapshotMetadata& metadata = snapshot.metadata;
    CHECK(raftpb::decode_snapshot_metadata(raftpb::to_bytes(metadata)).value() == metadata);
    const ConfChange change = random.conf_change();
    CHECK(raftpb::decode_conf_change(raftpb::to_bytes(change)).value() == change);
    const ConfChangeV2 changes = random.conf_change_v2();
    CHECK(raftpb::decode_conf_change_v2(raftpb::to_bytes(changes)).value() == changes);

    Message message = random.message();
    message.context += 'x';  // the last field, so that every prefix lacks something
    const Bytes bytes = raftpb::to_bytes(message);
    CHECK(bytes.size() == raftpb::encoded_size(message));
    REQUIRE(raftpb::decode_message(bytes).value() == message);
    for (size_t size = 0; size < bytes.size(); size += 1 + bytes.size() / 50) {
      const auto prefix = raftpb::decode_message(BytesView(bytes).substr(0, size));
      if (prefix) CHECK(*prefix != message);
    }
  }
}

TEST_CASE("the bare encoder writes what base's writer would") {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    CAPTURE(seed);
    RandomValues random(seed);
    const Entry entry = random.entry();
    Bytes expected;
    protowire::Writer out(expected);
    out.uint64(1, static_cast<uint64_t>(entry.type));
    out.uint64(2, entry.term.value());
    out.uint64(3, entry.index.value());
    if (!entry.data.empty()) out.bytes(4, entry.data.view());
    CHECK(raftpb::to_bytes(entry) == expected);
  }
}
