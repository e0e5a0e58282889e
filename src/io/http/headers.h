// Header fields of a request or a response, in order. Names are compared without
// regard to case; HTTP/2 sends them in lower case.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace argosy {

struct Header {
  std::string name;
  std::string value;
};

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Header> headers) : all_(headers) {}

  void add(std::string_view name, std::string_view value) {
    all_.push_back({std::string(name), std::string(value)});
  }
  // The first value of that name; null when there is none.
  const std::string* find(std::string_view name) const;
  // Its value or the empty text.
  std::string_view value_of(std::string_view name) const;
  void remove(std::string_view name);
  void reserve(size_t count) { all_.reserve(count); }
  // Bytes of names and values.
  size_t byte_size() const;

  auto begin() const { return all_.begin(); }
  auto end() const { return all_.end(); }
  size_t size() const { return all_.size(); }

 private:
  std::vector<Header> all_;
};

// "Mon, 23 Nov 2026 13:44:05 GMT" (RFC 9110, 5.6.7).
std::string to_http_date(WallTime time);

}  // namespace argosy
