// The frames of the two peer streams (docs/formats/peer-protocol.md): `message`, whole
// messages, and `msgappv2`, which leaves out of an append what the stream itself says.
// Pure.
#pragma once

#include <optional>

#include "parts/etcd/raft/types.h"
#include "parts/etcd/raftpb/raftpb.h"

namespace argosy::etcd::peer {

inline constexpr uint64_t kMaxFrame = 512ULL << 20;

// A message that says only "I am here".
raft::Message link_heartbeat();
bool is_link_heartbeat(const raft::Message& message);

void encode_message(Bytes& out, const raft::Message& message);

class AppendEncoder {
 public:
  void encode(Bytes& out, const raft::Message& message);

 private:
  raft::Term term_;
  raft::LogIndex index_;
};

// Cuts a stream into messages. Errors: DataLoss for a frame that is too large or no
// message; nothing can be read after one.
class StreamDecoder {
 public:
  virtual ~StreamDecoder() = default;
  void feed(BytesView bytes) { buffer_ += bytes; }
  // The next whole message, link heartbeats included.
  Result<std::optional<raft::Message>> next();

 protected:
  // How many bytes a frame at the start of `bytes` has, if that is known yet, and the
  // message in it once it is whole.
  struct Decoded {
    raft::Message message;
    size_t size = 0;
  };
  virtual Result<std::optional<Decoded>> decode(BytesView bytes) = 0;

 private:
  Bytes buffer_;
  size_t taken_ = 0;
};

std::unique_ptr<StreamDecoder> message_decoder();
// The stream's ends, which its appends do not name.
std::unique_ptr<StreamDecoder> append_decoder(raft::NodeId local, raft::NodeId remote);

}  // namespace argosy::etcd::peer
