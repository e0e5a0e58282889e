// A table's verdict in the numbers and words of cgpt's firmware library, which scripts and
// people know.
#pragma once

#include <string>

#include "lib/gpt/inspect.h"

namespace argosy::os {

// "returned 2: GPT_ERROR_INVALID_HEADERS"
std::string returned_text(gpt::Verdict verdict);
// "GptSanityCheck() returned 2: GPT_ERROR_INVALID_HEADERS"
std::string sanity_text(gpt::Verdict verdict);

}  // namespace argosy::os
