#include "base/protowire.h"

namespace argosy::protowire {

std::optional<uint64_t> Reader::read_varint() {
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) return std::nullopt;
    const auto byte = static_cast<uint8_t>(*at_++);
    if (shift == 63 && byte > 1) return std::nullopt;
    value |= static_cast<uint64_t>(byte & 0x7F) << shift;
    if (byte < 0x80) return value;
  }
  return std::nullopt;
}

bool Reader::next() {
  if (failed_ || at_ == end_) return false;
  const auto key = read_varint();
  if (!key || *key >> 3 == 0 || *key >> 3 > 0x1FFFFFFF) return fail_now();
  field_ = static_cast<uint32_t>(*key >> 3);
  type_ = static_cast<WireType>(*key & 7);
  return read_value();
}

bool Reader::read_value() {
  const auto left = static_cast<size_t>(end_ - at_);
  switch (type_) {
    case WireType::kVarint: {
      const auto number = read_varint();
      if (!number) return fail_now();
      number_ = *number;
      return true;
    }
    case WireType::kBytes: {
      const auto size = read_varint();
      if (!size || *size > static_cast<size_t>(end_ - at_)) return fail_now();
      bytes_ = BytesView(at_, *size);
      at_ += *size;
      return true;
    }
    case WireType::kFixed64:
    case WireType::kFixed32: {
      const size_t size = type_ == WireType::kFixed64 ? 8 : 4;
      if (left < size) return fail_now();
      number_ = size == 8 ? load_le64(at_) : load_le32(at_);
      at_ += size;
      return true;
    }
  }
  return fail_now();
}

uint64_t Reader::uint64() {
  if (type_ == WireType::kBytes) {
    failed_ = true;
    return 0;
  }
  return number_;
}

BytesView Reader::bytes() {
  if (type_ != WireType::kBytes) {
    failed_ = true;
    return {};
  }
  return bytes_;
}

}  // namespace argosy::protowire
