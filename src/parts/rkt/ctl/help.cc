#include <algorithm>

#include "base/format.h"
#include "base/text.h"
#include "parts/rkt/ctl/command.h"
#include "parts/rkt/ctl/tabs.h"

namespace argosy::rkt {
namespace {

std::string options_text(void (*add)(Flags&, Options&)) {
  if (add == nullptr) return {};
  Flags flags;
  Options options;
  add(flags, options);
  return align_tabs(flags.rows());
}

std::string commands_text(std::string_view group) {
  std::string out;
  bool has_image = false;
  for (const Command& command : commands()) {
    if (command.run == nullptr) continue;
    const bool is_of_image = command.name.starts_with("image ");
    if (!group.empty()) {
      if (is_of_image) out += format("\t{}\t{}\n", command.name.substr(6), command.summary);
      continue;
    }
    if (is_of_image) {
      if (!std::exchange(has_image, true)) out += "\timage\tOperate on an image\n";
      continue;
    }
    out += format("\t{}\t{}\n", command.name, command.summary);
  }
  if (group.empty()) out += "\thelp\tHelp about any command\n";
  return align_tabs(out);
}

std::string global_options_text() {
  Flags flags;
  Globals globals;
  add_global_flags(flags, globals);
  return align_tabs(flags.rows());
}

}  // namespace

std::string help_text(const Command* command, std::string_view group) {
  std::string name = "rkt";
  std::string summary = "rkt, the application container runner";
  std::string usage = "rkt [command]";
  if (command != nullptr) {
    name = format("rkt {}", command->name);
    summary = command->summary;
    usage = format("rkt {} {}", command->name, command->usage);
  } else if (!group.empty()) {
    name = format("rkt {}", group);
    summary = "Operate on an image";
    usage = format("rkt {} [command]", group);
  }
  std::string out = format("NAME:\n\t{} - {}\n\nUSAGE:\n\t{}\n\nVERSION:\n\t{}\n", name, summary,
                           trim(usage), kVersion);
  if (command == nullptr) out += format("\nCOMMANDS:\n{}", commands_text(group));
  out += format("\nDESCRIPTION:\n\t{}\n",
                command == nullptr
                    ? "A CLI for running app containers on Linux.\n\n\tTo get the help on any "
                      "specific command, run \"rkt help command\"."
                    : command->description);
  if (command != nullptr && command->add_flags != nullptr) {
    out += format("\nOPTIONS:\n{}", options_text(command->add_flags));
  }
  return out + format("\nGLOBAL OPTIONS:\n{}", global_options_text());
}

}  // namespace argosy::rkt
