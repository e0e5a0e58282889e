// Flags in the dialect of gflags, for the daemon and its client: -flag value, -flag=value, and
// both with two dashes; -flag and -noflag, or -flag=true, for booleans; words that are no flags
// are passed over, "--" ends the flags. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace argosy::update_engine {

class Flags {
 public:
  // The variables have their defaults already, and live longer.
  void add(std::string name, bool& variable, std::string help);
  void add(std::string name, std::string& variable, std::string help);
  void add(std::string name, int64_t& variable, std::string help);
  // Taken and without effect.
  void add_ignored(std::string name);

  // InvalidArgument with gflags' text.
  Result<void> parse(const std::vector<std::string>& arguments);
  // A line or two each, in the order in which they were added.
  std::string help() const;

 private:
  struct Flag {
    std::string name;
    std::string type;
    std::string initial;
    std::string help;
    std::function<bool(std::string_view)> set;
    bool is_boolean() const { return type == "bool"; }
  };
  const Flag* find(std::string_view name) const;
  // Whether it was "no" and a boolean's name.
  Result<bool> negated(std::string_view name) const;
  static Result<void> assign(const Flag& flag, std::string_view value);

  std::vector<Flag> flags_;
};

}  // namespace argosy::update_engine
