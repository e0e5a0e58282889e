// Any bytes as a token, as a header and a payload of one, and as a key set.
#include <cstddef>
#include <cstdint>

#include "base/check.h"
#include "parts/update_service/jwt/claims.h"
#include "parts/update_service/jwt/keys.h"

using namespace argosy;
using namespace argosy::update_service::jwt;

namespace {

void try_token(std::string_view text) {
  const auto token = parse_token(text);
  if (!token) return;
  check(token->claims.as_object() != nullptr && !token->signature.empty(), "a whole token");
  check(token->signed_text + "." + to_base64url(token->signature) == text, "written in one way");
  (void)check_claims(token->claims, {"i", "a", "c", "n"}, WallTime(seconds(1000)));
  (void)check_is_access_token(*token, "client");
  (void)roles_at(token->claims, "a.b\\.c");
  const auto name = user_name(token->claims);
  check(!name || (!name->empty() && name->size() <= 128), "a name of our size");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const BytesView bytes(reinterpret_cast<const char*>(data), size);
  try_token(bytes);
  const size_t half = size / 2;
  try_token(to_base64url(bytes.substr(0, half)) + "." + to_base64url(bytes.substr(half)) + ".c2ln");
  try_token(to_base64url(R"({"alg":"ES256"})") + "." + to_base64url(bytes) + ".c2ln");
  if (const auto keys = parse_keys(bytes)) check(keys->size() <= kMaxKeys, "not too many");
  return 0;
}
