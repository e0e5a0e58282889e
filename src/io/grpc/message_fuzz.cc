// Any bytes as gRPC messages, in pieces, and as the small texts of its headers.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "io/grpc/framing.h"

namespace argosy::grpc {
namespace {

constexpr size_t kMaxMessage = 100'000;

// The messages, and the error at the end if there is one.
std::vector<Bytes> cut(BytesView bytes, size_t step, bool is_gzip) {
  MessageReader reader(kMaxMessage);
  if (is_gzip) reader.set_encoding("gzip");
  std::vector<Bytes> messages;
  for (size_t at = 0; at < bytes.size(); at += step) {
    reader.feed(bytes.substr(at, step));
    while (true) {
      const auto message = reader.next();
      if (!message) {
        messages.push_back(message.error().message());
        return messages;
      }
      if (!*message) break;
      check((*message)->size() <= kMaxMessage);
      messages.emplace_back(**message);
    }
  }
  return messages;
}

void read_texts(BytesView text) {
  if (const auto timeout = parse_timeout_nanoseconds(text)) {
    check(*timeout >= 0);
    const auto again = parse_timeout_nanoseconds(timeout_text(*timeout));
    check(again && (*again >= *timeout || *again >= 99'999'999LL * 1'000'000'000));
  }
  (void)percent_decode(text);
  check(percent_decode(percent_encode(text)) == text);
  (void)decode_binary_metadata(text);
  const auto decoded = decode_binary_metadata(encode_binary_metadata(text));
  check(decoded && decoded->size() == 1 && decoded->front() == text);
}

}  // namespace
}  // namespace argosy::grpc

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace argosy;
  if (size < 1) return 0;
  const BytesView bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const bool is_gzip = data[0] >= 128;
  const auto whole = grpc::cut(bytes, bytes.size() + 1, is_gzip);
  check(whole == grpc::cut(bytes, 1 + data[0] % 64, is_gzip), "pieces make no difference");
  grpc::read_texts(bytes);
  return 0;
}
