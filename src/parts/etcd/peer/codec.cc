#include "parts/etcd/peer/codec.h"

#include "base/format.h"

namespace argosy::etcd::peer {
namespace {

constexpr char kHeartbeatFrame = 0;
constexpr char kEntriesFrame = 1;
constexpr char kMessageFrame = 2;

Error broken_frame(std::string_view what) {
  return Error(Code::kDataLoss, format("rafthttp: {}", what));
}

// A length-prefixed message at `at`; empty while it is not whole.
Result<std::optional<BytesView>> frame_at(BytesView bytes, size_t at) {
  if (bytes.size() < at + 8) return std::nullopt;
  const uint64_t size = load_be64(bytes.data() + at);
  if (size > kMaxFrame) return fail(broken_frame("message size is too large"));
  if (bytes.size() - at - 8 < size) return std::nullopt;
  return bytes.substr(at + 8, size);
}

class MessageDecoder final : public StreamDecoder {
 private:
  Result<std::optional<Decoded>> decode(BytesView bytes) override {
    const auto frame = TRY(frame_at(bytes, 0));
    if (!frame) return std::nullopt;
    return Decoded{TRY(raftpb::decode_message(*frame)), 8 + frame->size()};
  }
};

class AppendDecoder final : public StreamDecoder {
 public:
  AppendDecoder(raft::NodeId local, raft::NodeId remote) : local_(local), remote_(remote) {}

 private:
  Result<std::optional<Decoded>> decode(BytesView bytes) override {
    if (bytes.empty()) return std::nullopt;
    switch (bytes.front()) {
      case kHeartbeatFrame:
        return Decoded{link_heartbeat(), 1};
      case kEntriesFrame:
        return decode_entries(bytes);
      case kMessageFrame:
        return decode_whole(bytes);
      default:
        return fail(broken_frame("failed to parse type of msgappv2 frame"));
    }
  }

  Result<std::optional<Decoded>> decode_whole(BytesView bytes) {
    const auto frame = TRY(frame_at(bytes, 1));
    if (!frame) return std::nullopt;
    Decoded decoded{TRY(raftpb::decode_message(*frame)), 9 + frame->size()};
    const raft::Message& message = decoded.message;
    term_ = message.term;
    index_ = message.index;
    if (!message.entries.empty()) index_ = message.entries.back().index;
    return decoded;
  }

  Result<std::optional<Decoded>> decode_entries(BytesView bytes) {
    if (bytes.size() < 9) return std::nullopt;
    const uint64_t count = load_be64(bytes.data() + 1);
    if (count > raftpb::kMaxEntriesPerMessage) return fail(broken_frame("too many entries"));
    // Look whether all is there before anything is decoded.
    size_t at = 9;
    for (uint64_t i = 0; i < count; ++i) {
      const auto frame = TRY(frame_at(bytes, at));
      if (!frame) return std::nullopt;
      at += 8 + frame->size();
    }
    if (bytes.size() < at + 8) return std::nullopt;
    return Decoded{TRY(take_entries(bytes, count, at)), at + 8};
  }

  Result<raft::Message> take_entries(BytesView bytes, uint64_t count, size_t commit_at) {
    raft::Message message;
    message.type = raft::MessageType::kApp;
    message.from = remote_;
    message.to = local_;
    message.term = term_;
    message.log_term = term_;
    message.index = index_;
    message.entries.reserve(count);
    size_t at = 9;
    for (uint64_t i = 0; i < count; ++i) {
      const BytesView frame = *TRY(frame_at(bytes, at));
      message.entries.push_back(TRY(raftpb::decode_entry(frame)));
      at += 8 + frame.size();
      ++index_;
    }
    message.commit = raft::LogIndex(load_be64(bytes.data() + commit_at));
    return message;
  }

  raft::NodeId local_;
  raft::NodeId remote_;
  raft::Term term_;
  raft::LogIndex index_;
};

}  // namespace

raft::Message link_heartbeat() {
  raft::Message message;
  message.type = raft::MessageType::kHeartbeat;
  return message;
}

bool is_link_heartbeat(const raft::Message& message) {
  return message.type == raft::MessageType::kHeartbeat && message.from == raft::kNoNode &&
         message.to == raft::kNoNode;
}

void encode_message(Bytes& out, const raft::Message& message) {
  append_be64(out, raftpb::encoded_size(message));
  raftpb::append(out, message);
}

void AppendEncoder::encode(Bytes& out, const raft::Message& message) {
  if (is_link_heartbeat(message)) {
    out += kHeartbeatFrame;
    return;
  }
  const bool is_predictable =
      index_ == message.index && term_ == message.log_term && message.log_term == message.term;
  if (!is_predictable) {
    out += kMessageFrame;
    encode_message(out, message);
    term_ = message.term;
    index_ = message.entries.empty() ? message.index : message.entries.back().index;
    return;
  }
  out += kEntriesFrame;
  append_be64(out, message.entries.size());
  for (const raft::Entry& entry : message.entries) {
    append_be64(out, raftpb::encoded_size(entry));
    raftpb::append(out, entry);
    ++index_;
  }
  append_be64(out, message.commit.value());
}

Result<std::optional<raft::Message>> StreamDecoder::next() {
  auto decoded = TRY(decode(BytesView(buffer_).substr(taken_)));
  if (!decoded) {
    buffer_.erase(0, taken_);
    taken_ = 0;
    return std::nullopt;
  }
  taken_ += decoded->size;
  if (taken_ == buffer_.size()) {
    buffer_.clear();
    taken_ = 0;
  }
  return std::move(decoded->message);
}

std::unique_ptr<StreamDecoder> message_decoder() {
  return std::make_unique<MessageDecoder>();
}

std::unique_ptr<StreamDecoder> append_decoder(raft::NodeId local, raft::NodeId remote) {
  return std::make_unique<AppendDecoder>(local, remote);
}

}  // namespace argosy::etcd::peer
