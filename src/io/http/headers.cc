#include "io/http/headers.h"

#include "base/text.h"

namespace argosy {

const std::string* Headers::find(std::string_view name) const {
  for (const Header& header : all_) {
    if (equal_ignoring_case(header.name, name)) return &header.value;
  }
  return nullptr;
}

std::string_view Headers::value_of(std::string_view name) const {
  const std::string* value = find(name);
  return value != nullptr ? std::string_view(*value) : std::string_view();
}

void Headers::remove(std::string_view name) {
  std::erase_if(all_, [&](const Header& header) { return equal_ignoring_case(header.name, name); });
}

size_t Headers::byte_size() const {
  size_t size = 0;
  for (const Header& header : all_) size += header.name.size() + header.value.size();
  return size;
}

}  // namespace argosy
