#include "parts/update_engine/flags/flags.h"

#include <algorithm>

#include "base/format.h"
#include "base/text.h"

namespace argosy::update_engine {
namespace {

std::optional<bool> parse_bool(std::string_view text) {
  for (const std::string_view yes : {"1", "t", "true", "y", "yes"}) {
    if (equal_ignoring_case(text, yes)) return true;
  }
  for (const std::string_view no : {"0", "f", "false", "n", "no"}) {
    if (equal_ignoring_case(text, no)) return false;
  }
  return std::nullopt;
}

std::unexpected<Error> unknown(std::string_view name) {
  return fail(Code::kInvalidArgument, format("ERROR: unknown command line flag '{}'", name));
}

}  // namespace

void Flags::add(std::string name, bool& variable, std::string help) {
  flags_.push_back({std::move(name), "bool", variable ? "true" : "false", std::move(help),
                    [&variable](std::string_view text) {
                      const auto value = parse_bool(text);
                      if (value) variable = *value;
                      return value.has_value();
                    }});
}

void Flags::add(std::string name, std::string& variable, std::string help) {
  flags_.push_back({std::move(name), "string", format("\"{}\"", variable), std::move(help),
                    [&variable](std::string_view text) {
                      variable = text;
                      return true;
                    }});
}

void Flags::add(std::string name, int64_t& variable, std::string help) {
  flags_.push_back({std::move(name), "int64", format("{}", variable), std::move(help),
                    [&variable](std::string_view text) {
                      const auto value = parse_int(text);
                      if (value) variable = *value;
                      return value.has_value();
                    }});
}

void Flags::add_ignored(std::string name) {
  flags_.push_back({std::move(name), "bool", "true", "taken for compatibility",
                    [](std::string_view text) { return parse_bool(text).has_value(); }});
}

const Flags::Flag* Flags::find(std::string_view name) const {
  const auto found = std::ranges::find(flags_, name, &Flag::name);
  return found == flags_.end() ? nullptr : &*found;
}

Result<bool> Flags::negated(std::string_view name) const {
  if (find(name) != nullptr) return false;
  if (!name.starts_with("no")) return unknown(name);
  const Flag* flag = find(name.substr(2));
  if (flag == nullptr || !flag->is_boolean()) return unknown(name);
  return true;
}

Result<void> Flags::assign(const Flag& flag, std::string_view value) {
  if (flag.set(value)) return {};
  return fail(Code::kInvalidArgument, format("ERROR: illegal value '{}' specified for {} flag '{}'",
                                             value, flag.type, flag.name));
}

Result<void> Flags::parse(const std::vector<std::string>& arguments) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view word = arguments[i];
    if (word == "--") break;
    if (word.size() < 2 || !word.starts_with('-')) continue;
    word.remove_prefix(word.starts_with("--") ? 2 : 1);
    const auto sides = cut(word, "=");
    const std::string_view name = sides ? sides->first : word;
    if (TRY(negated(name))) {
      TRY(assign(*find(name.substr(2)), "false"));
      continue;
    }
    const Flag& flag = *find(name);
    if (sides) {
      TRY(assign(flag, sides->second));
    } else if (flag.is_boolean()) {
      TRY(assign(flag, "true"));
    } else if (++i < arguments.size()) {
      TRY(assign(flag, arguments[i]));
    } else {
      return fail(Code::kInvalidArgument, format("ERROR: flag '{}' is missing its argument", name));
    }
  }
  return {};
}

std::string Flags::help() const {
  std::string text;
  for (const Flag& flag : flags_) {
    text += format("    -{} ({}) type: {} default: {}\n", flag.name, flag.help, flag.type,
                   flag.initial);
  }
  return text;
}

}  // namespace argosy::update_engine
