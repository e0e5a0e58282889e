#include "parts/os/cgpt/options.h"

#include <cstdlib>

namespace argosy::os {
namespace {

// One word of letters, after its dash; true if it used up the following word.
bool parse_word(std::string_view word, std::string_view letters, const std::string* next,
                std::vector<Option>& to) {
  for (size_t i = 0; i < word.size(); ++i) {
    const char letter = word[i];
    const size_t at = letter == ':' ? std::string_view::npos : letters.find(letter);
    if (at == std::string_view::npos) {
      to.push_back({Option::Kind::kUnknown, letter, ""});
      continue;
    }
    if (at + 1 == letters.size() || letters[at + 1] != ':') {
      to.push_back({Option::Kind::kKnown, letter, ""});
      continue;
    }
    if (i + 1 < word.size()) {
      to.push_back({Option::Kind::kKnown, letter, std::string(word.substr(i + 1))});
      return false;
    }
    if (next == nullptr) {
      to.push_back({Option::Kind::kLacksArgument, letter, ""});
      return false;
    }
    to.push_back({Option::Kind::kKnown, letter, *next});
    return true;
  }
  return false;
}

}  // namespace

Options parse_options(const std::vector<std::string>& arguments, std::string_view letters) {
  Options parsed;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--") {
      parsed.operands.insert(parsed.operands.end(),
                             arguments.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                             arguments.end());
      break;
    }
    if (word.size() < 2 || word[0] != '-') {
      parsed.operands.push_back(word);
      continue;
    }
    const std::string* next = i + 1 < arguments.size() ? &arguments[i + 1] : nullptr;
    if (parse_word(std::string_view(word).substr(1), letters, next, parsed.options)) ++i;
  }
  return parsed;
}

Number parse_number(const std::string& text) {
  char* end = nullptr;
  Number number;
  number.value = std::strtoull(text.c_str(), &end, 0);
  number.is_whole = !text.empty() && *end == '\0';
  return number;
}

}  // namespace argosy::os
