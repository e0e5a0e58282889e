// The escapes of a URL's query (WHATWG URL, application/x-www-form-urlencoded). Private to this
// folder.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace argosy::rkt {

std::string query_escape(std::string_view text);
// InvalidArgument for an escape that is none.
Result<std::string> query_unescape(std::string_view text);

}  // namespace argosy::rkt
