// Command-line flags in the dialect of Go's flag package: -name value, -name=value and
// the same with two dashes; a boolean needs no value; the first word that is no flag,
// or "--", ends them. One table says name, default and help; from it come parsing, the
// usage text, the environment's names and shell completion.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace argosy::cli {

class FlagSet {
 public:
  explicit FlagSet(std::string program) : program_(std::move(program)) {}

  // The variable gets the default at once and lives longer than the set.
  void add(std::string name, std::string& variable, std::string initial, std::string help);
  void add(std::string name, bool& variable, bool initial, std::string help);
  void add(std::string name, int64_t& variable, int64_t initial, std::string help);
  void add(std::string name, uint64_t& variable, uint64_t initial, std::string help);
  void add(std::string name, Duration& variable, Duration initial, std::string help);
  // Comma-separated.
  void add(std::string name, std::vector<std::string>& variable, std::string initial,
           std::string help);
  // Headings of the usage text: flags that follow stand under it.
  void section(std::string heading);

  // The words that are left. InvalidArgument, in Go's words; Code::kAborted for -h.
  Result<std::vector<std::string>> parse(const std::vector<std::string>& arguments);
  // Sets a flag from elsewhere (environment, file). NotFound for an unknown name.
  Result<void> set(std::string_view name, std::string_view value);

  const std::string& program() const { return program_; }
  bool has(std::string_view name) const { return find(name) != nullptr; }
  // Given on the command line.
  bool was_given(std::string_view name) const;
  std::vector<std::string> names() const;
  std::string usage() const;

 private:
  struct Flag {
    std::string name;
    std::string initial;
    std::string help;
    std::string section;
    bool is_boolean = false;
    std::function<Result<void>(std::string_view)> set;
  };
  const Flag* find(std::string_view name) const;
  void add_flag(std::string name, std::string initial, std::string help, bool is_boolean,
                std::function<Result<void>(std::string_view)> set);
  Result<void> assign(const Flag& flag, std::string_view value);

  std::string program_;
  std::string section_;
  std::vector<Flag> flags_;
  std::set<std::string, std::less<>> given_;
};

// "ETCD_LISTEN_PEER_URLS" of "ETCD" and "listen-peer-urls".
std::string environment_name(std::string_view prefix, std::string_view flag);

}  // namespace argosy::cli
