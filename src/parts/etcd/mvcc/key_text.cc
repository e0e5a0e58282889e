#include "parts/etcd/mvcc/key_text.h"

#include <limits>

namespace argosy::etcd::mvcc {

KeyText::KeyText(BytesView text) {
  if (text.size() <= kMark) {
    std::memcpy(raw_, text.data(), text.size());
    raw_[kMark] = static_cast<char>(text.size());
    return;
  }
  check(text.size() <= std::numeric_limits<uint32_t>::max());
  char* copy = new char[text.size()];
  std::memcpy(copy, text.data(), text.size());
  std::memcpy(raw_, static_cast<const void*>(&copy), sizeof copy);
  store_le32(raw_ + sizeof copy, static_cast<uint32_t>(text.size()));
  raw_[kMark] = kLong;
}

}  // namespace argosy::etcd::mvcc
