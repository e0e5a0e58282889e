// Tables as Go's text/tabwriter aligns them with rkt's settings: cells end at tabs, columns are as
// wide as their widest cell and one more, rounded up to tabs of eight, and filled with tabs. A
// column is of adjacent lines only.
#pragma once

#include <string>
#include <string_view>

namespace argosy::rkt {

std::string align_tabs(std::string_view text);

}  // namespace argosy::rkt
