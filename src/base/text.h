// Small things to do with text. Nothing here depends on the locale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace argosy {

// "a,,b" split at ',' is {"a", "", "b"}; the empty text is {""}. The parts borrow.
std::vector<std::string_view> split(std::string_view text, char separator);
// The two sides of the first separator; empty when there is none.
std::optional<std::pair<std::string_view, std::string_view>> cut(std::string_view text,
                                                                 std::string_view separator);
std::string join(const std::vector<std::string>& parts, std::string_view separator);
// Without spaces, tabs, carriage returns and line feeds at both ends.
std::string_view trim(std::string_view text);
std::string to_lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);

// Whole decimal numbers: an optional sign where signed, digits, nothing else.
std::optional<int64_t> parse_int(std::string_view text);
std::optional<uint64_t> parse_uint(std::string_view text);

// Go's %q of a string, byte by byte for what is not printable ASCII or valid UTF-8.
std::string go_quote(std::string_view text);

bool is_valid_utf8(std::string_view text);
// The bytes of the character at `at`, which is inside the text; 0 when they are no UTF-8.
size_t utf8_length(std::string_view text, size_t at);

}  // namespace argosy
