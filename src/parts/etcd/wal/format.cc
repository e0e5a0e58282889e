#include "parts/etcd/wal/format.h"

#include "base/protowire.h"

namespace argosy::etcd::wal {
namespace {

constexpr char kTypeTag = 0x08;
constexpr char kCrcTag = 0x10;
constexpr char kDataTag = 0x1a;

// Takes the tag and the number after it from the front. Empty when they do not fit;
// `is_other` when another tag is there.
std::optional<uint64_t> take(BytesView& bytes, char tag, bool& is_other) {
  if (bytes.empty()) return std::nullopt;
  if (bytes[0] != tag) {
    is_other = true;
    return std::nullopt;
  }
  uint64_t value = 0;
  for (size_t i = 1; i < bytes.size() && i <= 10; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * (i - 1));
    if (byte < 0x80) {
      bytes.remove_prefix(i + 1);
      return value;
    }
  }
  is_other = bytes.size() > 10;
  return std::nullopt;
}

}  // namespace

Result<Record> parse_record(BytesView bytes) {
  Record record;
  protowire::Reader in(bytes);
  while (in.next()) {
    const bool is_bytes = in.type() == protowire::WireType::kBytes;
    if (in.field() <= 3 && is_bytes != (in.field() == 3)) {
      return fail(Code::kDataLoss, "wal: malformed record");
    }
    switch (in.field()) {
      case 1:
        record.type = in.uint64();
        break;
      case 2:
        record.crc = static_cast<uint32_t>(in.uint64());
        break;
      case 3:
        record.data = in.bytes();
        break;
      default:
        break;
    }
  }
  if (in.failed()) return fail(Code::kDataLoss, "wal: malformed record");
  return record;
}

std::optional<Frame> frame_by_content(BytesView prefix) {
  const char* const begin = prefix.data();
  bool is_other = false;
  if (!take(prefix, kTypeTag, is_other) || !take(prefix, kCrcTag, is_other)) {
    return is_other ? std::optional(Frame{}) : std::nullopt;
  }
  const auto head = [&] { return static_cast<uint64_t>(prefix.data() - begin); };
  const auto size = take(prefix, kDataTag, is_other);
  // A record without data ends here; then this is padding or the next record's frame.
  if (is_other) return frame_for(head());
  if (!size) return std::nullopt;
  if (*size >= kMaxRecordBytes) return Frame{};
  return frame_for(head() + *size);
}

}  // namespace argosy::etcd::wal
