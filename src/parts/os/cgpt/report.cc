#include "parts/os/cgpt/report.h"

#include "base/format.h"

namespace argosy::os {

void Report::error(std::string_view text) {
  err_ += format("ERROR: {} {}: {}", program_, command_, text);
}

void Report::refuse(std::string_view text) {
  error(text);
  count_refusal();
}

}  // namespace argosy::os
