#include "parts/rkt/store/key.h"

#include "base/check.h"
#include "base/format.h"

namespace argosy::rkt {

std::string key_of(BytesView sha512) {
  check(sha512.size() == 64);
  return std::string(kKeyPrefix) + to_hex(sha512.substr(0, 32));
}

std::string key_of_id(std::string_view id) {
  return std::string(id.substr(0, kKeyBytes));
}

bool is_key(std::string_view text) {
  if (text.size() != kKeyBytes || !text.starts_with(kKeyPrefix)) return false;
  return text.find_first_not_of("0123456789abcdef", kKeyPrefix.size()) == std::string_view::npos;
}

std::string place_of_key(std::string_view key) {
  check(is_key(key));
  return format("sha512/{}/{}", key.substr(kKeyPrefix.size(), 2), key);
}

}  // namespace argosy::rkt
