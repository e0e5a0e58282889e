// Columns as Go's text/tabwriter aligns them with tabs of eight. Any thread.
#pragma once

#include <string>
#include <vector>

namespace argosy::update_service::ctl {

using Rows = std::vector<std::vector<std::string>>;
// All rows have as many cells; the last column is not padded. A line feed after each.
std::string to_table(const Rows& rows);

}  // namespace argosy::update_service::ctl
