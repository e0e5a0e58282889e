// The flags of a command line, and what help says of them. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "base/format.h"
#include "lib/cli/flag_set.h"

namespace argosy::rkt {

class Flags {
 public:
  template <typename Variable, typename Initial>
  void add(std::string name, Variable& variable, Initial initial, std::string help) {
    rows_ += format("\t--{}={}\t{}\n", name, text_of(initial), help);
    set_.add(std::move(name), variable, initial, std::move(help));
  }

  cli::FlagSet& set() { return set_; }
  // A line each, its cells between tabs.
  const std::string& rows() const { return rows_; }

 private:
  static std::string text_of(bool value) { return value ? "true" : "false"; }
  static std::string text_of(Duration value) { return to_go_duration(value); }
  static std::string text_of(const char* value) { return value; }

  cli::FlagSet set_{"rkt"};
  std::string rows_;
};

}  // namespace argosy::rkt
