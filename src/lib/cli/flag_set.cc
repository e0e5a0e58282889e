#include "lib/cli/flag_set.h"

#include "base/format.h"
#include "base/text.h"
#include "lib/cli/go_number.h"

namespace argosy::cli {
namespace {

std::optional<bool> parse_bool(std::string_view text) {
  for (const char* yes : {"1", "t", "T", "true", "TRUE", "True"}) {
    if (text == yes) return true;
  }
  for (const char* no : {"0", "f", "F", "false", "FALSE", "False"}) {
    if (text == no) return false;
  }
  return std::nullopt;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  if (text.empty()) return items;
  for (const std::string_view item : split(text, ',')) items.emplace_back(trim(item));
  return items;
}

Error parse_error() {
  return Error(Code::kInvalidArgument, "parse error");
}

}  // namespace

void FlagSet::add_flag(std::string name, std::string initial, std::string help, bool is_boolean,
                       std::function<Result<void>(std::string_view)> set) {
  flags_.push_back(
      {std::move(name), std::move(initial), std::move(help), section_, is_boolean, std::move(set)});
}

void FlagSet::add(std::string name, std::string& variable, std::string initial, std::string help) {
  variable = initial;
  add_flag(std::move(name), std::move(initial), std::move(help), false,
           [&variable](std::string_view text) -> Result<void> {
             variable = text;
             return {};
           });
}

void FlagSet::add(std::string name, bool& variable, bool initial, std::string help) {
  variable = initial;
  add_flag(std::move(name), initial ? "true" : "false", std::move(help), true,
           [&variable](std::string_view text) -> Result<void> {
             const auto value = parse_bool(text);
             if (!value) return fail(parse_error());
             variable = *value;
             return {};
           });
}

void FlagSet::add(std::string name, int64_t& variable, int64_t initial, std::string help) {
  variable = initial;
  add_flag(std::move(name), std::to_string(initial), std::move(help), false,
           [&variable](std::string_view text) -> Result<void> {
             variable = TRY(parse_go_int(text));
             return {};
           });
}

void FlagSet::add(std::string name, uint64_t& variable, uint64_t initial, std::string help) {
  variable = initial;
  add_flag(std::move(name), std::to_string(initial), std::move(help), false,
           [&variable](std::string_view text) -> Result<void> {
             variable = TRY(parse_go_uint(text));
             return {};
           });
}

void FlagSet::add(std::string name, Duration& variable, Duration initial, std::string help) {
  variable = initial;
  add_flag(std::move(name), to_go_duration(initial), std::move(help), false,
           [&variable](std::string_view text) -> Result<void> {
             const auto value = parse_go_duration(text);
             if (!value) return fail(parse_error());
             variable = *value;
             return {};
           });
}

void FlagSet::add(std::string name, std::vector<std::string>& variable, std::string initial,
                  std::string help) {
  variable = split_list(initial);
  add_flag(std::move(name), std::move(initial), std::move(help), false,
           [&variable](std::string_view text) -> Result<void> {
             variable = split_list(text);
             return {};
           });
}

void FlagSet::section(std::string heading) {
  section_ = std::move(heading);
}

const FlagSet::Flag* FlagSet::find(std::string_view name) const {
  for (const Flag& flag : flags_) {
    if (flag.name == name) return &flag;
  }
  return nullptr;
}

bool FlagSet::was_given(std::string_view name) const {
  return given_.contains(name);
}

std::vector<std::string> FlagSet::names() const {
  std::vector<std::string> names;
  for (const Flag& flag : flags_) names.push_back(flag.name);
  return names;
}

Result<void> FlagSet::assign(const Flag& flag, std::string_view value) {
  auto set = flag.set(value);
  if (set) return {};
  const std::string kind = flag.is_boolean ? "boolean value" : "value";
  return fail(Code::kInvalidArgument,
              format("invalid {} {} for {}{}: {}", kind, go_quote(value),
                     flag.is_boolean ? "-" : "flag -", flag.name, set.error().message()));
}

Result<void> FlagSet::set(std::string_view name, std::string_view value) {
  const Flag* flag = find(name);
  if (flag == nullptr) return fail(Code::kNotFound, format("no such flag -{}", name));
  return assign(*flag, value);
}

Result<std::vector<std::string>> FlagSet::parse(const std::vector<std::string>& arguments) {
  size_t at = 0;
  for (; at < arguments.size(); ++at) {
    std::string_view word = arguments[at];
    if (word.size() < 2 || word.front() != '-') break;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    if (word.empty()) {
      ++at;
      break;
    }
    if (word.front() == '-' || word.front() == '=') {
      return fail(Code::kInvalidArgument, format("bad flag syntax: {}", arguments[at]));
    }
    const auto sides = cut(word, "=");
    const std::string_view name = sides ? sides->first : word;
    const Flag* flag = find(name);
    if (flag == nullptr) {
      if (name == "help" || name == "h") return fail(Code::kAborted, "flag: help requested");
      return fail(Code::kInvalidArgument, format("flag provided but not defined: -{}", name));
    }
    std::string_view value = "true";
    if (sides) {
      value = sides->second;
    } else if (!flag->is_boolean) {
      if (++at == arguments.size()) {
        return fail(Code::kInvalidArgument, format("flag needs an argument: -{}", name));
      }
      value = arguments[at];
    }
    TRY(assign(*flag, value));
    given_.insert(flag->name);
  }
  return std::vector<std::string>(arguments.begin() + static_cast<ptrdiff_t>(at), arguments.end());
}

std::string FlagSet::usage() const {
  std::string text = format("Usage:\n\n  {} [flags]\n    Start the program.\n", program_);
  std::string section;
  for (const Flag& flag : flags_) {
    if (flag.section != section) {
      section = flag.section;
      text += format("\n{}:\n", section);
    }
    const std::string initial = flag.initial.empty() ? "''" : format("'{}'", flag.initial);
    text += format("  --{} {}\n    {}\n", flag.name, initial, flag.help);
  }
  return text;
}

std::string environment_name(std::string_view prefix, std::string_view flag) {
  std::string name = format("{}_", prefix);
  for (const char c : flag) {
    name += c == '-' ? '_' : (c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  }
  return name;
}

}  // namespace argosy::cli
