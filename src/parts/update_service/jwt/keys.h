// A provider's JSON Web Key Set (RFC 7517), as numbers. Keys that sign in other ways than ours,
// or too weakly, are left out. Any thread.
#pragma once

#include <variant>
#include <vector>

#include "parts/update_service/jwt/token.h"

namespace argosy::update_service::jwt {

inline constexpr size_t kMaxKeys = 64;
inline constexpr size_t kMinRsaBits = 2048;

// Big-endian; the modulus without zeros before it.
struct RsaNumbers {
  Bytes modulus, exponent;

  bool operator==(const RsaNumbers&) const = default;
};
// Of P-256, 32 bytes each.
struct Point {
  Bytes x, y;

  bool operator==(const Point&) const = default;
};
struct Key {
  std::string id;  // empty: it has none
  std::variant<RsaNumbers, Point> numbers;

  Algorithm algorithm() const {
    return std::holds_alternative<Point>(numbers) ? Algorithm::kEs256 : Algorithm::kRs256;
  }
  bool operator==(const Key&) const = default;
};

// InvalidArgument for what is no key set; one without a usable key is empty.
Result<std::vector<Key>> parse_keys(std::string_view text);

}  // namespace argosy::update_service::jwt
