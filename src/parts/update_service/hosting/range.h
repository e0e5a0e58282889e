// Which part of a file a request wants (RFC 9110, 13.1 and 14).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace argosy::update_service {

struct Selection {
  int status = 200;  // 206: a part; 304: nothing has changed; 416: there is no such part
  uint64_t first = 0;
  uint64_t size = 0;
};

struct Conditions {
  std::string_view range;          // header fields; empty: absent
  std::string_view if_range;       // an entity tag; a date never matches
  std::string_view if_none_match;  // tags, or "*"
};

// Several ranges, and what is no range, get the whole file, as RFC 9110 allows.
Selection select(const Conditions& conditions, uint64_t file_size, std::string_view etag);

}  // namespace argosy::update_service
