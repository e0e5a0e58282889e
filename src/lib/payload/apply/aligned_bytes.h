// Memory as direct I/O wants it. Not initialized. One thread.
#pragma once

#include <cstdlib>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/check.h"

namespace argosy::payload {

// In bytes: no device of today has larger logical blocks, and memory pages are as large.
inline constexpr uint64_t kDirectAlignment = 4096;

class AlignedBytes {
 public:
  AlignedBytes() = default;
  explicit AlignedBytes(uint64_t size)
      : size_(size), data_(static_cast<char*>(std::aligned_alloc(kDirectAlignment, whole(size)))) {
    check(data_ != nullptr, "there is memory");
  }

  std::span<char> span() { return {data_.get(), size_}; }
  BytesView view() const { return {data_.get(), size_}; }
  uint64_t size() const { return size_; }

 private:
  struct Free {
    void operator()(char* memory) const { std::free(memory); }
  };
  static uint64_t whole(uint64_t size) { return (size / kDirectAlignment + 1) * kDirectAlignment; }

  uint64_t size_ = 0;
  std::unique_ptr<char, Free> data_;
};

}  // namespace argosy::payload
