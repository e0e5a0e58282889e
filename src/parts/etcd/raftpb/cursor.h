// Writes protocol-buffer fields through a bare pointer, for encoders that have computed
// the exact size before: no check for room, no growing (compare base/protowire.h).
// Field numbers are below 16 here, so that a tag is one byte.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "base/protowire.h"

namespace argosy::etcd::raftpb {

using protowire::varint_size;
using protowire::WireType;

inline char* put_varint(char* at, uint64_t value) {
  while (value >= 0x80) {
    *at++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *at++ = static_cast<char>(value);
  return at;
}

template <uint32_t kField>
char* put_number(char* at, uint64_t value) {
  static_assert(kField > 0 && kField < 16);
  *at++ = static_cast<char>(kField << 3 | static_cast<uint32_t>(WireType::kVarint));
  return put_varint(at, value);
}

// The tag and length of a field of bytes, which the caller then writes.
template <uint32_t kField>
char* put_length(char* at, size_t size) {
  static_assert(kField > 0 && kField < 16);
  *at++ = static_cast<char>(kField << 3 | static_cast<uint32_t>(WireType::kBytes));
  return put_varint(at, size);
}

inline char* put_raw(char* at, BytesView bytes) {
  std::memcpy(at, bytes.data(), bytes.size());
  return at + bytes.size();
}

// Nothing for no bytes.
template <uint32_t kField>
char* put_bytes(char* at, BytesView bytes) {
  if (bytes.empty()) return at;
  return put_raw(put_length<kField>(at, bytes.size()), bytes);
}

inline size_t number_field_size(uint64_t value) {
  return 1 + varint_size(value);
}
inline size_t length_field_size(size_t size) {
  return 1 + varint_size(size) + size;
}
inline size_t bytes_field_size(BytesView bytes) {
  return bytes.empty() ? 0 : length_field_size(bytes.size());
}

}  // namespace argosy::etcd::raftpb
