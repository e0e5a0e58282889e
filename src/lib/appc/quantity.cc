#include "lib/appc/quantity.h"

#include <algorithm>
#include <array>
#include <limits>

namespace argosy::appc {
namespace {

__extension__ using Wide = __int128;

// A number of nanos never exceeds this, so that sums and products of steps do not overflow.
constexpr Wide kMost = static_cast<Wide>(std::numeric_limits<int64_t>::max()) * 1'000'000'000;

struct Suffix {
  std::string_view text;
  Wide nanos;
};

constexpr Wide power(Wide base, int exponent) {
  return exponent == 0 ? 1 : base * power(base, exponent - 1);
}

constexpr Wide kUnit = 1'000'000'000;
constexpr std::array kSuffixes{
    Suffix{"n", 1},
    Suffix{"u", 1'000},
    Suffix{"m", 1'000'000},
    Suffix{"", kUnit},
    Suffix{"k", kUnit * 1'000},
    Suffix{"K", kUnit * 1'000},
    Suffix{"M", kUnit* power(1000, 2)},
    Suffix{"G", kUnit* power(1000, 3)},
    Suffix{"T", kUnit* power(1000, 4)},
    Suffix{"P", kUnit* power(1000, 5)},
    Suffix{"E", kUnit* power(1000, 6)},
    Suffix{"Ki", kUnit * 1024},
    Suffix{"Mi", kUnit* power(1024, 2)},
    Suffix{"Gi", kUnit* power(1024, 3)},
    Suffix{"Ti", kUnit* power(1024, 4)},
    Suffix{"Pi", kUnit* power(1024, 5)},
    Suffix{"Ei", kUnit* power(1024, 6)},
};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::unexpected<Error> not_numeric() {
  return fail(Code::kInvalidArgument, "unable to parse numeric part of quantity");
}
std::unexpected<Error> too_large() {
  return fail(Code::kOutOfRange, "the quantity is too large");
}

// `digits` times `nanos`; a point among the digits counts.
Result<Wide> scaled(std::string_view digits, Wide nanos) {
  Wide whole = 0;
  Wide fraction = 0;
  Wide step = nanos;
  bool is_after_point = false;
  bool has_rest = false;
  for (const char c : digits) {
    if (c == '.') {
      if (is_after_point) return not_numeric();
      is_after_point = true;
      continue;
    }
    const Wide digit = c - '0';
    if (!is_after_point) {
      whole = whole * 10 + digit;
      if (whole > kMost / nanos) return too_large();
      continue;
    }
    // Below a nano only whether there is anything counts.
    has_rest = has_rest || step % 10 * digit % 10 != 0;
    fraction += step * digit / 10;
    step /= 10;
    if (step == 0) has_rest = has_rest || digit != 0;
  }
  const Wide sum = whole * nanos + fraction + (has_rest ? 1 : 0);
  if (sum > kMost) return too_large();
  return sum;
}

int64_t divided_up(Wide number, Wide by) {
  // Division in C++ goes towards zero, which is up for what is below it.
  const Wide out = number / by + (number % by > 0 ? 1 : 0);
  constexpr Wide kLeast = std::numeric_limits<int64_t>::min();
  constexpr Wide kLargest = std::numeric_limits<int64_t>::max();
  return static_cast<int64_t>(std::clamp(out, kLeast, kLargest));
}

}  // namespace

Result<Quantity> Quantity::parse(std::string_view text) {
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  const bool is_negative = text.starts_with('-');
  if (has_sign) text.remove_prefix(1);
  size_t length = 0;
  while (length < text.size() && (is_digit(text[length]) || text[length] == '.')) ++length;
  const std::string_view digits = text.substr(0, length);
  if (std::ranges::none_of(digits, is_digit)) return not_numeric();
  const auto suffix = std::ranges::find(kSuffixes, text.substr(length), &Suffix::text);
  if (suffix == kSuffixes.end()) {
    return fail(Code::kInvalidArgument, "unable to parse quantity's suffix");
  }
  const Wide nanos = TRY(scaled(digits, suffix->nanos));
  return Quantity(is_negative ? -nanos : nanos);
}

int64_t Quantity::value() const {
  return divided_up(nanos_, kUnit);
}

int64_t Quantity::millis() const {
  return divided_up(nanos_, 1'000'000);
}

}  // namespace argosy::appc
