// The commands of locksmithctl. Private to this folder.
#pragma once

#include "io/loop/uv_loop.h"
#include "parts/locksmith/options/options.h"

namespace argosy::locksmith {

// What a command works with; it prints into `ending`.
struct Context {
  UvLoop& loop;
  const Options& options;
  const Environment& environment;
  std::string root;
  Ending ending;

  void print(std::string_view line) { ending.out.append(line) += '\n'; }
  // Says what went wrong; the exit code is 1.
  void complain(std::string_view line) {
    ending.err.append(line) += '\n';
    ending.code = 1;
  }
};

using Words = std::vector<std::string>;

struct Command {
  std::string_view name;
  std::string_view summary;
  std::string_view usage;
  std::string_view description;
  Task<void> (*run)(Context* context, Words words);
  bool is_listed = true;  // in the help, as the original has it
};
const std::vector<Command>& commands();
const Command* find_command(std::string_view name);

Task<void> help_command(Context* context, Words words);
Task<void> holders_command(Context* context, Words words);
Task<void> lock_command(Context* context, Words words);
Task<void> reboot_command(Context* context, Words words);
Task<void> send_need_reboot_command(Context* context, Words words);
Task<void> set_max_command(Context* context, Words words);
Task<void> status_command(Context* context, Words words);
Task<void> unlock_command(Context* context, Words words);

}  // namespace argosy::locksmith
