#include "parts/etcd/raftpb/fields.h"

#include "base/format.h"

namespace argosy::etcd::raftpb {

using protowire::WireType;

uint64_t Fields::number() {
  if (in_.type() == WireType::kVarint) return in_.uint64();
  refuse("wrong wire type");
  return 0;
}

BytesView Fields::bytes() {
  if (in_.type() == WireType::kBytes) return in_.bytes();
  refuse("wrong wire type");
  return {};
}

std::optional<uint64_t> Fields::take_varint(BytesView& packed) {
  if (packed.empty()) return std::nullopt;
  uint64_t value = 0;
  for (size_t i = 0; i < packed.size() && i < 10; ++i) {
    const auto byte = static_cast<uint8_t>(packed[i]);
    if (i == 9 && byte > 1) break;
    value |= static_cast<uint64_t>(byte & 0x7F) << (7 * i);
    if (byte < 0x80) {
      packed.remove_prefix(i + 1);
      return value;
    }
  }
  refuse("bad packed list");
  return std::nullopt;
}

void Fields::refuse(std::string_view why) {
  if (why_.empty()) why_ = format("{}: {} in field {}", what_, why, field());
}

Result<void> Fields::end() const {
  if (!why_.empty()) return fail(Code::kInvalidArgument, why_);
  if (in_.failed()) return fail(Code::kInvalidArgument, format("{}: damaged message", what_));
  return {};
}

}  // namespace argosy::etcd::raftpb
