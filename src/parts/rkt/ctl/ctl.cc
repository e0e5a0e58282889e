#include "parts/rkt/ctl/ctl.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"

namespace argosy::rkt {
namespace {

constexpr std::array<std::string_view, 11> kInsecure{
    "none",         "image", "tls",     "ondisk",    "http",   "pubkey",
    "capabilities", "paths", "seccomp", "all-fetch", "all-run"};

int complain(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  return kFailure;
}

// In the words of the original's library.
std::string flag_error(const Error& error) {
  constexpr std::string_view kUnknown = "flag provided but not defined: -";
  std::string text = error.text();
  if (text.starts_with(kUnknown)) return "unknown flag: --" + text.substr(kUnknown.size());
  return text;
}

// The words of a command line: those of the command's name apart from the others.
struct Line {
  Words name;
  Words rest;  // flags and arguments
};

// "image", of which more is to come.
bool is_group(const Words& name) {
  return name.size() == 1 && !name[0].empty() && std::string_view("image").starts_with(name[0]);
}

// Flags may stand before, after and between the words of the name.
Result<Line> take_name(const Words& words) {
  Line out;
  Words left = words;
  while (true) {
    Flags flags;
    Globals globals;
    add_global_flags(flags, globals);
    Words after = TRY(flags.set().parse(left));
    const size_t count = left.size() - after.size();
    out.rest.insert(out.rest.end(), left.begin(), left.begin() + static_cast<ptrdiff_t>(count));
    left = std::move(after);
    if (left.empty()) break;
    out.name.push_back(left.front());
    left.erase(left.begin());
    // What follows has the command's own flags.
    if (!is_group(out.name)) break;
  }
  out.rest.insert(out.rest.end(), left.begin(), left.end());
  return out;
}

// All whose words begin as the given ones; the exact one alone.
std::vector<const Command*> matching(const Words& name) {
  std::vector<const Command*> out;
  for (const Command& command : commands()) {
    const auto words = split(command.name, ' ');
    if (words.size() != name.size()) continue;
    bool is_exact = true;
    bool begins = true;
    for (size_t i = 0; i < words.size(); ++i) {
      is_exact = is_exact && words[i] == name[i];
      begins = begins && words[i].starts_with(name[i]);
    }
    if (is_exact) return {&command};
    if (begins) out.push_back(&command);
  }
  return out;
}

int unknown(const Words& name) {
  const bool has_group = name.size() == 2;
  const std::string group = has_group ? "rkt image" : "rkt";
  return complain(format("Error: unknown command {} for {}\nRun '{} --help' for usage.\n",
                         go_quote(name.back()), go_quote(group), group));
}

int usage_error(const Command& command, std::string_view why) {
  if (!why.empty()) complain(format("Error: {}\n", why));
  return complain(help_text(&command, {}));
}

int help(const Words& name, int code) {
  if (name.empty()) {
    print_text(help_text(nullptr, {}));
    return code;
  }
  if (is_group(name)) {
    print_text(help_text(nullptr, "image"));
    return code;
  }
  const auto found = matching(name);
  if (found.size() != 1) return unknown(name);
  if (found.front()->run == nullptr) {
    return complain(format("rkt: {} is not implemented yet\n", found.front()->name));
  }
  print_text(help_text(found.front(), {}));
  return code;
}

// Flags between the arguments; "--" ends them.
Result<Words> parse_all(Flags& flags, const Words& words) {
  const auto end = std::ranges::find(words, "--");
  Words left(words.begin(), end);
  Words out;
  while (true) {
    left = TRY(flags.set().parse(left));
    if (left.empty()) break;
    out.push_back(left.front());
    left.erase(left.begin());
  }
  if (end != words.end()) out.insert(out.end(), end + 1, words.end());
  return out;
}

// A flag that may stand without a value, though it takes one.
Words with_values(Words words) {
  for (std::string& word : words) {
    if (word == "--") break;
    if (word == "--wait" || word == "--wait-ready") word += "=true";
  }
  return words;
}

Result<void> judge_insecure(const Globals& globals) {
  for (const std::string& word : globals.insecure) {
    if (word == "all" || std::ranges::find(kInsecure, word) != kInsecure.end()) continue;
    return fail(
        Code::kInvalidArgument,
        format("invalid argument {} for --insecure-options=: unknown option", go_quote(word)));
  }
  return {};
}

std::string last_word(std::string_view name) {
  return std::string(name.substr(name.rfind(' ') + 1));
}

int run_command(const Command& command, const Words& words) {
  Flags flags;
  Globals globals;
  Options options;
  add_global_flags(flags, globals);
  if (command.add_flags != nullptr) command.add_flags(flags, options);
  const auto arguments = parse_all(flags, with_values(words));
  if (!arguments && arguments.error().code() == Code::kAborted) {
    print_text(help_text(&command, {}));
    return 0;
  }
  if (!arguments) return usage_error(command, flag_error(arguments.error()));
  if (const auto good = judge_insecure(globals); !good) {
    return usage_error(command, good.error().text());
  }
  Context context(last_word(command.name), globals, options);
  if (command.needs_root && ::geteuid() != 0) {
    context.complain("cannot run as unprivileged user");
    return kFailure;
  }
  if (arguments->size() < command.least_words || arguments->size() > command.most_words) {
    return usage_error(command, {});
  }
  return command.run(context, *arguments);
}

}  // namespace

int run_ctl(const std::vector<std::string>& arguments) {
  const auto line = take_name(arguments);
  if (!line && line.error().code() == Code::kAborted) return help({}, 0);
  if (!line) {
    complain(format("Error: {}\n", flag_error(line.error())));
    return complain(help_text(nullptr, {}));
  }
  const Words& name = line->name;
  if (name.empty()) {
    complain("rkt: missing command\n");
    return help({}, 2);
  }
  if (name[0] == "help") {
    Words what = line->rest;
    std::erase_if(what, [](const std::string& word) { return word.starts_with('-'); });
    return help(what, 0);
  }
  if (is_group(name)) return help(name, 0);
  const auto found = matching(name);
  if (found.size() != 1) return unknown(name);
  if (found.front()->run == nullptr) {
    return complain(format("rkt: {} is not implemented yet\n", found.front()->name));
  }
  return run_command(*found.front(), line->rest);
}

}  // namespace argosy::rkt
