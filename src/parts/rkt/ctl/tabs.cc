#include "parts/rkt/ctl/tabs.h"

#include <algorithm>
#include <vector>

#include "base/text.h"

namespace argosy::rkt {
namespace {

constexpr size_t kTab = 8;
constexpr size_t kPadding = 1;

// In characters.
size_t width_of(std::string_view cell) {
  return static_cast<size_t>(
      std::ranges::count_if(cell, [](char c) { return (c & 0xc0) != 0x80; }));
}

class Aligner {
 public:
  explicit Aligner(std::string_view text) {
    for (const std::string_view line : split(text, '\n')) lines_.push_back(split(line, '\t'));
  }

  std::string run() {
    align(0, lines_.size());
    // Every line got its end, the text after the last one too.
    if (!out_.empty()) out_.pop_back();
    return std::move(out_);
  }

 private:
  bool has_cell(size_t line, size_t column) const { return column + 1 < lines_[line].size(); }

  // The columns right of those whose widths are known, of the lines in [begin, end).
  void align(size_t begin, size_t end) {
    const size_t column = widths_.size();
    size_t line = begin;
    while (line < end) {
      if (!has_cell(line, column)) {
        write(line++);
        continue;
      }
      const size_t first = line;
      size_t width = 0;
      for (; line < end && has_cell(line, column); ++line) {
        width = std::max(width, width_of(lines_[line][column]) + kPadding);
      }
      widths_.push_back(width);
      align(first, line);
      widths_.pop_back();
    }
  }

  void write(size_t line) {
    const auto& cells = lines_[line];
    for (size_t i = 0; i < cells.size(); ++i) {
      out_ += cells[i];
      if (i >= widths_.size()) continue;
      const size_t whole = (widths_[i] + kTab - 1) / kTab * kTab;
      out_.append((whole - width_of(cells[i]) + kTab - 1) / kTab, '\t');
    }
    out_ += '\n';
  }

  std::vector<std::vector<std::string_view>> lines_;
  std::vector<size_t> widths_;
  std::string out_;
};

}  // namespace

std::string align_tabs(std::string_view text) {
  return Aligner(text).run();
}

}  // namespace argosy::rkt
