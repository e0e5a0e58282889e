#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "parts/locksmith/ctl/command.h"

namespace argosy::locksmith {
namespace {

using Row = std::pair<std::string, std::string>;

constexpr size_t kTab = 8;

// Rows of two cells behind a tab, the second cells aligned by tabs.
std::string aligned(const std::vector<Row>& rows) {
  size_t widest = 0;
  for (const Row& row : rows) widest = std::max(widest, row.first.size());
  const size_t width = (widest + 1 + kTab - 1) / kTab * kTab;
  std::string text;
  for (const Row& row : rows) {
    const size_t tabs = (width - row.first.size() + kTab - 1) / kTab;
    text += format("\t{}{}{}\n", row.first, std::string(tabs, '\t'), row.second);
  }
  return text;
}

std::string global_help() {
  std::vector<Row> listed;
  for (const Command& command : commands()) {
    if (command.is_listed) listed.emplace_back(command.name, command.summary);
  }
  std::vector<Row> flags;
  for (const FlagLine& line : flag_lines()) {
    flags.emplace_back(format("--{}={}", line.name, line.initial), line.help);
  }
  return format(
      "NAME:\n\tlocksmithctl - Manage the cluster wide reboot lock.\n\n"
      "USAGE: \n\tlocksmithctl [global options] <command> [command options] [arguments...]\n\n"
      "VERSION:\n\t{}\n\n"
      "COMMANDS:\n{}\n"
      "GLOBAL OPTIONS:\n{}\n"
      "Run \"locksmithctl help <command>\" for more details on a specific command.\n",
      kVersion, aligned(listed), aligned(flags));
}

std::string command_help(const Command& command) {
  std::string description;
  for (const std::string_view line : split(command.description, '\n')) {
    description += format("\t{}\n", line);
  }
  return format(
      "NAME:\n\t{0} - {1}\n\n"
      "USAGE:\n\tlocksmithctl {0} {2}\n\n"
      "DESCRIPTION:\n{3}\n"
      "For help on global options run \"locksmithctl help\"\n",
      command.name, command.summary, command.usage, description);
}

}  // namespace

Task<void> help_command(Context* context, Words words) {
  if (words.empty()) {
    context->ending.out += global_help();
    co_return;
  }
  const Command* command = find_command(words.front());
  if (command == nullptr) {
    context->print("Unrecognized command: " + words.front());
    context->ending.code = 1;
    co_return;
  }
  context->ending.out += command_help(*command);
}

}  // namespace argosy::locksmith
