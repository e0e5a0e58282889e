// The fields of one header block, one text after the other in a buffer that is used
// again: most requests are served without a string of their own for each.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "io/http/headers.h"

namespace argosy {

class H2Fields {
 public:
  // Good until the fields are changed. Names are in lower case; pseudo ones begin
  // with ':'.
  struct Field {
    std::string_view name;
    std::string_view value;
  };
  class Iterator {
   public:
    Iterator(const H2Fields& fields, size_t at) : fields_(fields), at_(at) {}
    Field operator*() const;
    Iterator& operator++() {
      ++at_;
      return *this;
    }
    bool operator==(const Iterator& other) const { return at_ == other.at_; }

   private:
    const H2Fields& fields_;
    size_t at_;
  };

  void add(std::string_view name, std::string_view value) {
    const size_t at = used_;
    used_ += name.size() + value.size();
    if (used_ > texts_.size()) texts_.resize(2 * used_ + 256);
    std::memcpy(texts_.data() + at, name.data(), name.size());
    std::memcpy(texts_.data() + at + name.size(), value.data(), value.size());
    lengths_.push_back({static_cast<uint32_t>(at), static_cast<uint32_t>(name.size()),
                        static_cast<uint32_t>(value.size())});
  }
  void clear() {
    used_ = 0;
    lengths_.clear();
  }
  void swap(H2Fields& other) noexcept {
    texts_.swap(other.texts_);
    std::swap(used_, other.used_);
    lengths_.swap(other.lengths_);
  }

  Iterator begin() const { return {*this, 0}; }
  Iterator end() const { return {*this, lengths_.size()}; }
  // The first of that name, or the empty text.
  std::string_view value_of(std::string_view lower_name) const;
  Headers to_headers() const;
  // As RFC 9113, 6.5.2 counts it: each field is 32 bytes more than its texts.
  size_t counted_size() const { return used_ + 32 * lengths_.size(); }

 private:
  struct Lengths {
    uint32_t at;
    uint32_t name;
    uint32_t value;
  };
  Bytes texts_;  // of which the first `used_` bytes count
  size_t used_ = 0;
  std::vector<Lengths> lengths_;
};

inline H2Fields::Field H2Fields::Iterator::operator*() const {
  const Lengths& lengths = fields_.lengths_[at_];
  const char* name = fields_.texts_.data() + lengths.at;
  return {{name, lengths.name}, {name + lengths.name, lengths.value}};
}

}  // namespace argosy
