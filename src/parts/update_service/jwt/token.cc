#include "parts/update_service/jwt/token.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_service::jwt {
namespace {

Error refused(std::string why) {
  return {Code::kUnauthenticated, std::move(why)};
}

Result<json::Value> read_object(std::string_view part, std::string_view what) {
  const auto text = from_base64url(part);
  if (!text) return fail(refused(format("the token's {} is no base64url", what)));
  auto value = json::parse(*text);
  if (!value || value->as_object() == nullptr) {
    return fail(refused(format("the token's {} is no JSON object", what)));
  }
  return *std::move(value);
}

Result<Algorithm> algorithm_of(const json::Value& header) {
  const std::string_view name = header.text_of("alg");
  if (name == "RS256") return Algorithm::kRs256;
  if (name == "ES256") return Algorithm::kEs256;
  return fail(refused("the token is signed neither with RS256 nor with ES256"));
}

}  // namespace

Result<Token> parse_token(std::string_view compact) {
  if (compact.size() > kMaxTokenBytes) return fail(refused("the token is too long"));
  const auto parts = split(compact, '.');
  if (parts.size() != 3) return fail(refused("a token has three parts"));
  const json::Value header = TRY(read_object(parts[0], "header"));
  Token token;
  token.algorithm = TRY(algorithm_of(header));
  if (header.find("crit") != nullptr) {
    return fail(refused("the token's header has a critical extension"));
  }
  if (const json::Value* id = header.find("kid")) {
    if (id->as_string() == nullptr) return fail(refused("the token's key id is no text"));
    token.key_id = *id->as_string();
  }
  token.type = header.text_of("typ");
  token.claims = TRY(read_object(parts[1], "payload"));
  auto signature = from_base64url(parts[2]);
  if (!signature || signature->empty()) return fail(refused("the token has no signature"));
  token.signature = *std::move(signature);
  token.signed_text = compact.substr(0, parts[0].size() + 1 + parts[1].size());
  return token;
}

std::string to_base64url(BytesView bytes) {
  std::string text = to_base64(bytes);
  while (text.ends_with('=')) text.pop_back();
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  return text;
}

std::optional<Bytes> from_base64url(std::string_view text) {
  if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
  std::string padded(text);
  std::ranges::replace(padded, '-', '+');
  std::ranges::replace(padded, '_', '/');
  while (padded.size() % 4 != 0) padded += '=';
  auto bytes = from_base64(padded);
  // Bits that no byte has must be zero, or one token could be written in several ways.
  if (!bytes || to_base64url(*bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace argosy::update_service::jwt
