// Options of one letter in getopt(3)'s manner: they may stand before and after operands,
// an argument may be attached or follow, "--" ends them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace argosy::os {

struct Option {
  enum class Kind : uint8_t { kKnown, kUnknown, kLacksArgument };
  Kind kind = Kind::kKnown;
  char letter = 0;
  std::string argument;  // of a known option that takes one
};

struct Options {
  std::vector<Option> options;
  std::vector<std::string> operands;
};

// `letters` as getopt has them: a colon after a letter that takes an argument.
Options parse_options(const std::vector<std::string>& arguments, std::string_view letters);

// A number as strtoull(3) reads it with base 0: 0x and 0 prefixes, white space and a sign
// before; what is too large is 2^64 - 1.
struct Number {
  uint64_t value = 0;    // of as much as is a number
  bool is_whole = true;  // false: there was nothing, or more
};
Number parse_number(const std::string& text);

}  // namespace argosy::os
