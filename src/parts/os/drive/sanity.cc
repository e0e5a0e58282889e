#include "parts/os/drive/sanity.h"

#include "base/check.h"

namespace argosy::os {

std::string returned_text(gpt::Verdict verdict) {
  switch (verdict) {
    case gpt::Verdict::kUsable:
      return "returned 0: GPT_SUCCESS";
    case gpt::Verdict::kNoHeader:
      return "returned 2: GPT_ERROR_INVALID_HEADERS";
    case gpt::Verdict::kNoTable:
      return "returned 3: GPT_ERROR_INVALID_ENTRIES";
    case gpt::Verdict::kBadSectorSize:
      return "returned 4: GPT_ERROR_INVALID_SECTOR_SIZE";
    case gpt::Verdict::kTooSmall:
      return "returned 5: GPT_ERROR_INVALID_SECTOR_NUMBER";
  }
  unreachable("a verdict without a number");
}

std::string sanity_text(gpt::Verdict verdict) {
  return "GptSanityCheck() " + returned_text(verdict);
}

}  // namespace argosy::os
