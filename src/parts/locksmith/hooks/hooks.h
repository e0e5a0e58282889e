// Scripts of the operator that run before a reboot (to drain the machine) and after it
// (to take it back into service), one after the other in the order of their names.
//
// A script is an executable file; one in /etc replaces the one of the same name in
// /usr/lib, and one there that is not executable takes it out. Each has a time limit, at
// whose end it and all that it started are killed. What it prints is handed on, line by
// line, when it has ended.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "io/task/task.h"

namespace argosy {
class Disk;
class Loop;
}  // namespace argosy

namespace argosy::locksmith {

struct HookPlan {
  std::vector<std::string> scripts;      // paths, in order
  Duration limit = minutes(5);           // each
  std::vector<std::string> environment;  // added to the program's own
};

// `kind` is "before-reboot" or "after-reboot": ROOT/etc/locksmith/KIND.d and
// ROOT/usr/lib/locksmith/KIND.d. A folder that is missing is empty.
std::vector<std::string> find_hooks(Disk& disk, const std::string& root, std::string_view kind);

// `print` gets the script's name and a line of its output. Stops at the first that fails:
// "10-drain: exit code 1", "10-drain: still running after 5m0s".
using PrintHook = std::function<void(std::string_view name, std::string_view line)>;
Task<void> run_hooks(Loop& loop, HookPlan plan, PrintHook print);

}  // namespace argosy::locksmith
