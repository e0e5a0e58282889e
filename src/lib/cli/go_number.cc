#include "lib/cli/go_number.h"

#include <limits>

namespace argosy::cli {
namespace {

Error parse_error() {
  return Error(Code::kInvalidArgument, "parse error");
}

Error range_error() {
  return Error(Code::kInvalidArgument, "value out of range");
}

struct Digits {
  unsigned base = 10;
  std::string_view text;
  bool is_prefixed = false;  // an underscore may then come first
};

Digits take_base(std::string_view text) {
  if (text.size() < 2 || text[0] != '0') return {10, text, false};
  switch (text[1]) {
    case 'x':
    case 'X':
      return {16, text.substr(2), true};
    case 'o':
    case 'O':
      return {8, text.substr(2), true};
    case 'b':
    case 'B':
      return {2, text.substr(2), true};
    default:
      return {8, text.substr(1), true};
  }
}

unsigned digit_of(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a') + 10;
  if (c >= 'A' && c <= 'F') return static_cast<unsigned>(c - 'A') + 10;
  return std::numeric_limits<unsigned>::max();
}

}  // namespace

Result<uint64_t> parse_go_uint(std::string_view text) {
  const Digits digits = take_base(text);
  if (digits.text.empty()) return fail(parse_error());
  uint64_t value = 0;
  bool is_too_large = false;
  bool may_part = digits.is_prefixed;  // whether an underscore may come here
  for (const char c : digits.text) {
    if (c == '_') {
      if (!may_part) return fail(parse_error());
      may_part = false;
      continue;
    }
    const unsigned digit = digit_of(c);
    if (digit >= digits.base) return fail(parse_error());
    may_part = true;
    is_too_large = is_too_large || __builtin_mul_overflow(value, uint64_t{digits.base}, &value) ||
                   __builtin_add_overflow(value, uint64_t{digit}, &value);
  }
  if (!may_part) return fail(parse_error());
  if (is_too_large) return fail(range_error());
  return value;
}

Result<int64_t> parse_go_int(std::string_view text) {
  const bool is_negative = text.starts_with('-');
  if (is_negative || text.starts_with('+')) text.remove_prefix(1);
  const uint64_t magnitude = TRY(parse_go_uint(text));
  const uint64_t limit = uint64_t{1} << 63;
  if (magnitude > limit || (magnitude == limit && !is_negative)) return fail(range_error());
  return is_negative ? static_cast<int64_t>(0 - magnitude) : static_cast<int64_t>(magnitude);
}

}  // namespace argosy::cli
