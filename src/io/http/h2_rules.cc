#include "io/http/h2_rules.h"

#include <array>

#include "base/text.h"

namespace argosy {
namespace {

enum CharacterKind : uint8_t { kOfNames = 1, kOfValues = 2 };

// Names: RFC 9110, 5.6.2, without capitals (RFC 9113, 8.2.1). Every request's every
// character is looked up here.
constexpr std::array<uint8_t, 256> kKinds = [] {
  std::array<uint8_t, 256> kinds{};
  for (size_t c = 0; c < kinds.size(); ++c) {
    if ((c >= 0x20 && c != 0x7F) || c == '\t') kinds[c] |= kOfValues;
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) kinds[c] |= kOfNames;
  }
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    kinds[static_cast<unsigned char>(c)] |= kOfNames;
  }
  return kinds;
}();

bool are_all(std::string_view text, CharacterKind kind) {
  uint8_t common = kind;
  for (const char c : text) common &= kKinds[static_cast<unsigned char>(c)];
  return common != 0;
}

bool is_name(std::string_view name) {
  return !name.empty() && are_all(name, kOfNames);
}

bool is_value(std::string_view value) {
  return are_all(value, kOfValues);
}

// Fields that speak of one connection have no place in HTTP/2 (8.2.2).
bool is_of_connection(const H2Fields::Field& field) {
  switch (field.name.front()) {
    case 'c':
      return field.name == "connection";
    case 'k':
      return field.name == "keep-alive";
    case 'p':
      return field.name == "proxy-connection";
    case 't':
      if (field.name == "te") return !equal_ignoring_case(field.value, "trailers");
      return field.name == "transfer-encoding";
    case 'u':
      return field.name == "upgrade";
    default:
      return false;
  }
}

bool is_regular(const H2Fields::Field& field) {
  if (!is_name(field.name) || !is_value(field.value) || is_of_connection(field)) return false;
  return field.name != "content-length" || parse_uint(field.value).has_value();
}

// Counts what a request needs once; :authority may be missing.
struct PseudoFields {
  int method = 0;
  int scheme = 0;
  int path = 0;
  int authority = 0;

  bool take(const H2Fields::Field& field) {
    if (!is_value(field.value)) return false;
    if (field.name == ":authority") return ++authority == 1;
    if (field.value.empty()) return false;
    if (field.name == ":method") return ++method == 1 && field.value != "CONNECT";
    if (field.name == ":scheme") return ++scheme == 1;
    if (field.name != ":path" || ++path > 1) return false;
    return field.value.starts_with('/') || field.value == "*";
  }
  bool are_complete() const { return method == 1 && scheme == 1 && path == 1; }
};

}  // namespace

bool is_well_formed_request(const H2Fields& fields) {
  PseudoFields pseudo;
  bool are_regular = false;
  for (const H2Fields::Field field : fields) {
    if (field.name.starts_with(':')) {
      if (are_regular || !pseudo.take(field)) return false;
    } else {
      are_regular = true;
      if (!is_regular(field)) return false;
    }
  }
  return pseudo.are_complete();
}

bool are_well_formed_trailers(const H2Fields& fields) {
  for (const H2Fields::Field field : fields) {
    if (!is_regular(field)) return false;
  }
  return true;
}

std::optional<uint64_t> content_length(const H2Fields& fields) {
  return parse_uint(fields.value_of("content-length"));
}

}  // namespace argosy
