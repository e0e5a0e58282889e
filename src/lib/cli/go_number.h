// Whole numbers as Go's flag package reads them: strconv.ParseInt and ParseUint with base
// 0, so 0x, 0o, 0b or a leading 0 give the base, and underscores may part digits. The
// errors are InvalidArgument with that package's words: "parse error", "value out of
// range".
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace argosy::cli {

Result<int64_t> parse_go_int(std::string_view text);
// No sign.
Result<uint64_t> parse_go_uint(std::string_view text);

}  // namespace argosy::cli
