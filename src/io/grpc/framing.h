// gRPC's length-prefixed messages (grpc.io, "gRPC over HTTP2"): a flag byte, four
// bytes of length, big endian, and the message.
#pragma once

#include <deque>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace argosy::grpc {

inline constexpr size_t kFrameHeader = 5;

void append_message(Bytes& out, BytesView message);

// Cuts a stream of bytes into messages. Feeding never fails; next() does, when a
// message is larger than the limit (ResourceExhausted, in grpc-go's words), compressed
// by something unknown (Unimplemented) or broken (Internal).
class MessageReader {
 public:
  explicit MessageReader(size_t max_message) : max_message_(max_message) {}

  // "identity", "gzip" or anything else, as in the header grpc-encoding.
  void set_encoding(std::string_view encoding) { encoding_ = encoding; }
  void feed(BytesView bytes);
  // The next whole message; the view is good until the next call to anything here.
  Result<std::optional<BytesView>> next();
  // Something is left that is not a whole message.
  bool has_partial() const { return buffer_.size() > taken_; }
  size_t buffered() const { return buffer_.size() - taken_; }

 private:
  Result<BytesView> inflate(BytesView compressed);

  size_t max_message_;
  std::string encoding_ = "identity";
  Bytes buffer_;
  size_t taken_ = 0;
  Bytes inflated_;
};

// The header grpc-timeout: at most 8 digits and a unit of HMSmun. Empty if malformed.
std::optional<int64_t> parse_timeout_nanoseconds(std::string_view text);
std::string timeout_text(int64_t nanoseconds);

// Values of metadata whose names end with "-bin": base64, with or without padding, and
// several separated by commas. Writing pads nothing. Empty if malformed.
std::string encode_binary_metadata(BytesView value);
std::optional<std::vector<Bytes>> decode_binary_metadata(std::string_view text);

// grpc-message: percent-encoding of what is not printable ASCII, and of '%'.
std::string percent_encode(std::string_view text);
std::string percent_decode(std::string_view text);

}  // namespace argosy::grpc
