// A key in 16 bytes: up to 15 in place, a longer one on the heap. A million keys
// are a million of these, so every byte counts.
#pragma once

#include <cstring>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"

namespace argosy::etcd::mvcc {

class KeyText {
 public:
  KeyText() = default;
  explicit KeyText(BytesView text);
  KeyText(KeyText&& other) noexcept { swap(other); }
  KeyText& operator=(KeyText&& other) noexcept {
    swap(other);
    return *this;
  }
  ~KeyText() {
    if (is_long()) delete[] long_text();
  }

  BytesView view() const {
    if (!is_long()) return {raw_, static_cast<unsigned char>(raw_[kMark])};
    return {long_text(), load_le32(raw_ + sizeof(char*))};
  }
  KeyText copy() const { return KeyText(view()); }
  void swap(KeyText& other) noexcept { std::swap(raw_, other.raw_); }

 private:
  static constexpr size_t kMark = 15;  // length, or kLong
  static constexpr char kLong = static_cast<char>(0xff);

  bool is_long() const { return raw_[kMark] == kLong; }
  char* long_text() const {
    char* text;
    std::memcpy(static_cast<void*>(&text), raw_, sizeof text);
    return text;
  }

  alignas(8) char raw_[16] = {};
};

}  // namespace argosy::etcd::mvcc
