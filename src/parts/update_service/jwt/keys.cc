#include "parts/update_service/jwt/keys.h"

#include <algorithm>
#include <bit>

namespace argosy::update_service::jwt {
namespace {

constexpr size_t kCoordinateBytes = 32;
constexpr size_t kMaxModulusBytes = 16384 / 8;
constexpr size_t kMaxExponentBytes = 8;

size_t bits_of(BytesView number) {
  if (number.empty()) return 0;
  return number.size() * 8 - static_cast<size_t>(std::countl_zero(uint8_t(number.front())));
}

Bytes number_at(const json::Value& key, std::string_view name) {
  Bytes number = from_base64url(key.text_of(name)).value_or(Bytes());
  number.erase(0, std::min(number.find_first_not_of('\0'), number.size()));
  return number;
}

std::optional<RsaNumbers> rsa_of(const json::Value& key) {
  RsaNumbers numbers{number_at(key, "n"), number_at(key, "e")};
  if (bits_of(numbers.modulus) < kMinRsaBits || numbers.modulus.size() > kMaxModulusBytes) {
    return std::nullopt;
  }
  // 1 would make every signature right.
  if (bits_of(numbers.exponent) < 2 || numbers.exponent.size() > kMaxExponentBytes) {
    return std::nullopt;
  }
  return numbers;
}

std::optional<Point> point_of(const json::Value& key) {
  const auto x = from_base64url(key.text_of("x"));
  const auto y = from_base64url(key.text_of("y"));
  if (key.text_of("crv") != "P-256" || !x || !y || x->size() != kCoordinateBytes ||
      y->size() != kCoordinateBytes) {
    return std::nullopt;
  }
  return Point{*x, *y};
}

bool is_for(const json::Value& key, std::string_view algorithm) {
  const std::string_view use = key.text_of("use");
  const std::string_view named = key.text_of("alg");
  return (use.empty() || use == "sig") && (named.empty() || named == algorithm);
}

std::optional<Key> key_of(const json::Value& value) {
  Key key{.id = std::string(value.text_of("kid")), .numbers = {}};
  const std::string_view type = value.text_of("kty");
  if (type == "RSA" && is_for(value, "RS256")) {
    auto numbers = rsa_of(value);
    if (!numbers) return std::nullopt;
    key.numbers = *std::move(numbers);
    return key;
  }
  if (type == "EC" && is_for(value, "ES256")) {
    auto point = point_of(value);
    if (!point) return std::nullopt;
    key.numbers = *std::move(point);
    return key;
  }
  return std::nullopt;
}

}  // namespace

Result<std::vector<Key>> parse_keys(std::string_view text) {
  const json::Value set = TRY_CONTEXT(json::parse(text), "the key set");
  const json::Value* list = set.find("keys");
  if (list == nullptr || list->as_array() == nullptr) {
    return fail(Code::kInvalidArgument, "the key set has no list of keys");
  }
  if (list->as_array()->size() > kMaxKeys) {
    return fail(Code::kInvalidArgument, "the key set has too many keys");
  }
  std::vector<Key> keys;
  for (const json::Value& each : *list->as_array()) {
    if (auto key = key_of(each)) keys.push_back(*std::move(key));
  }
  return keys;
}

}  // namespace argosy::update_service::jwt
