#include "parts/update_service/auth/token.h"

#include "base/bytes.h"
#include "sys/crypto/digest.h"

namespace argosy::update_service::auth {
namespace {

constexpr std::string_view kPrefix = "argosy_";
constexpr size_t kMaxTokenBytes = 512;

std::string random_hex(Random& random, size_t words) {
  Bytes bytes;
  for (size_t i = 0; i < words; ++i) append_be64(bytes, random.next());
  return to_hex(BytesView(bytes));
}

}  // namespace

std::string new_token(Random& random) {
  return std::string(kPrefix) + random_hex(random, 4);
}

std::string token_hash(std::string_view token) {
  return to_hex(BytesView(sha256(token.substr(0, kMaxTokenBytes))));
}

std::string new_token_id(Random& random) {
  return random_hex(random, 2);
}

}  // namespace argosy::update_service::auth
