#include "parts/update_service/ctl/table.h"

#include <algorithm>

namespace argosy::update_service::ctl {
namespace {

constexpr size_t kTab = 8;

}  // namespace

std::string to_table(const Rows& rows) {
  std::vector<size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string text;
  for (const auto& row : rows) {
    for (size_t i = 0; i + 1 < row.size(); ++i) {
      const size_t end = (widths[i] + 1 + kTab - 1) / kTab * kTab;
      text += row[i];
      text.append((end - row[i].size() + kTab - 1) / kTab, '\t');
    }
    if (!row.empty()) text += row.back();
    text += '\n';
  }
  return text;
}

}  // namespace argosy::update_service::ctl
