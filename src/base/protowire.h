// The protocol-buffer wire format, field by field (protobuf.dev, "Encoding"): for
// the few messages on a hot path or in a file, where a generated class would cost
// more than the message. All else uses the generated classes.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bytes.h"

namespace argosy::protowire {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// Appends to a string. Numbers are written even when zero: who wants proto3's
// omission asks first, since the originals' proto2 messages always write them.
class Writer {
 public:
  explicit Writer(Bytes& out) : out_(out) {}

  void varint(uint64_t value) {
    while (value >= 0x80) {
      out_ += static_cast<char>(value | 0x80);
      value >>= 7;
    }
    out_ += static_cast<char>(value);
  }
  void tag(uint32_t field, WireType type) {
    varint(static_cast<uint64_t>(field) << 3 | static_cast<uint64_t>(type));
  }
  void uint64(uint32_t field, uint64_t value) {
    tag(field, WireType::kVarint);
    varint(value);
  }
  void int64(uint32_t field, int64_t value) { uint64(field, static_cast<uint64_t>(value)); }
  void boolean(uint32_t field, bool value) { uint64(field, value ? 1 : 0); }
  void bytes(uint32_t field, BytesView value) {
    tag(field, WireType::kBytes);
    varint(value.size());
    out_ += value;
  }

 private:
  Bytes& out_;
};

inline size_t varint_size(uint64_t value) {
  return static_cast<size_t>(64 - __builtin_clzll(value | 1) + 6) / 7;
}

// Walks the fields of one message:
//   for (Reader in(bytes); in.next();) switch (in.field()) { case 1: x = in.uint64(); }
//   if (in.failed()) ...
// A value not taken is skipped. A value of another type than asked for, a truncated
// or overlong varint, a group or a length past the end make it fail and end.
class Reader {
 public:
  explicit Reader(BytesView bytes) : at_(bytes.data()), end_(at_ + bytes.size()) {}

  // Moves to the next field; false at the end or after a failure.
  bool next();
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  uint64_t uint64();
  int64_t int64() { return static_cast<int64_t>(uint64()); }
  bool boolean() { return uint64() != 0; }
  // Borrows from the message.
  BytesView bytes();
  bool failed() const { return failed_; }

 private:
  std::optional<uint64_t> read_varint();
  bool read_value();
  bool fail_now() {
    failed_ = true;
    return false;
  }

  const char* at_;
  const char* end_;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t number_ = 0;
  BytesView bytes_;
  bool failed_ = false;
};

}  // namespace argosy::protowire
