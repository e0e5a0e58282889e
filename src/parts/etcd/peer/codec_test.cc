#include "parts/etcd/peer/codec.h"

#include <doctest/doctest.h>

#include "parts/etcd/peer/url.h"
#include "sys/random/random.h"

namespace argosy::etcd::peer {
namespace {

constexpr raft::NodeId kLeader{1};
constexpr raft::NodeId kFollower{2};

raft::Message append(uint64_t term, uint64_t index, size_t entries, uint64_t commit) {
  raft::Message message;
  message.type = raft::MessageType::kApp;
  message.from = kLeader;
  message.to = kFollower;
  message.term = raft::Term(term);
  message.log_term = raft::Term(term);
  message.index = raft::LogIndex(index);
  message.commit = raft::LogIndex(commit);
  for (size_t i = 0; i < entries; ++i) {
    raft::Entry entry;
    entry.term = raft::Term(term);
    entry.index = raft::LogIndex(index + 1 + i);
    entry.data = SharedBytes(Bytes(i * 7 % 50, 'x'));
    message.entries.push_back(entry);
  }
  return message;
}

// Feeds `bytes` in pieces of random sizes and gathers what comes out.
std::vector<raft::Message> decode_all(StreamDecoder& decoder, BytesView bytes, uint64_t seed) {
  SeededRandom random(seed);
  std::vector<raft::Message> got;
  while (!bytes.empty()) {
    const size_t size = std::min<size_t>(bytes.size(), 1 + random.below(40));
    decoder.feed(bytes.substr(0, size));
    bytes.remove_prefix(size);
    while (true) {
      auto next = decoder.next();
      REQUIRE(next.has_value());
      if (!*next) break;
      got.push_back(**std::move(next));
    }
  }
  return got;
}

TEST_CASE("messages and heartbeats cross the message stream in any pieces") {
  std::vector<raft::Message> sent{link_heartbeat(), append(3, 10, 4, 9), link_heartbeat()};
  Bytes bytes;
  for (const raft::Message& message : sent) encode_message(bytes, message);
  for (uint64_t seed = 1; seed < 30; ++seed) {
    CHECK(decode_all(*message_decoder(), bytes, seed) == sent);
  }
}

TEST_CASE("appends that follow each other leave out what the stream says") {
  AppendEncoder encoder;
  std::vector<raft::Message> sent{append(2, 5, 3, 4),  append(2, 8, 2, 7), link_heartbeat(),
                                  append(2, 10, 0, 9), append(3, 4, 1, 4), append(3, 5, 1, 5)};
  Bytes bytes;
  std::vector<size_t> sizes;
  for (const raft::Message& message : sent) {
    const size_t before = bytes.size();
    encoder.encode(bytes, message);
    sizes.push_back(bytes.size() - before);
  }
  CHECK(bytes[0] == 2);          // whole
  CHECK(bytes[sizes[0]] == 1);   // only entries
  CHECK(sizes[2] == 1);          // a heartbeat is one byte
  CHECK(sizes[3] == 1 + 8 + 8);  // no entries: a count and the commit index
  for (uint64_t seed = 1; seed < 30; ++seed) {
    CHECK(decode_all(*append_decoder(kFollower, kLeader), bytes, seed) == sent);
  }
}

TEST_CASE("broken frames end the stream with an error") {
  const auto fails = [](StreamDecoder& decoder, BytesView bytes) {
    decoder.feed(bytes);
    const auto next = decoder.next();
    return !next.has_value();
  };
  CHECK(fails(*append_decoder(kFollower, kLeader), Bytes("\x07", 1)));
  Bytes huge;
  append_be64(huge, kMaxFrame + 1);
  CHECK(fails(*message_decoder(), huge));
  Bytes nonsense;
  append_be64(nonsense, 3);
  nonsense += "\xff\xff\xff";
  CHECK(fails(*message_decoder(), nonsense));
  Bytes many(1, '\1');
  append_be64(many, uint64_t{1} << 40);
  CHECK(fails(*append_decoder(kFollower, kLeader), many));
}

TEST_CASE("URLs of members") {
  CHECK(parse_url("http://127.0.0.1:2380")->endpoint.port == 2380);
  CHECK(parse_url("https://[::1]:2380")->endpoint.host == "::1");
  CHECK(parse_url("https://a:1")->is_secure);
  CHECK(parse_url("unix:///tmp/x.sock")->endpoint.unix_path == "/tmp/x.sock");
  for (const char* text : {"", "http://", "127.0.0.1:2380", "ftp://a:1", "http://a", "http://a:x",
                           "http://a:1/path", "http://a:70000", "unix://", "http://::1:5"}) {
    CHECK_MESSAGE(!parse_url(text).has_value(), text);
  }
}

}  // namespace
}  // namespace argosy::etcd::peer
