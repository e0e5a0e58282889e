#include "parts/locksmith/ctl/command.h"

namespace argosy::locksmith {

const std::vector<Command>& commands() {
  static const std::vector<Command> all{
      {"help", "Show a list of commands or help for one command", "[COMMAND]",
       "Show a list of commands or detailed help for one command", help_command},
      {"lock", "Lock this machine or a given machine-id for reboot.", "<machine-id>",
       "Lock is for manual locking of the reboot lock for this machine or a given\n"
       "machine-id. Under normal operation this should not be necessary.",
       lock_command},
      {"reboot", "Reboot honoring reboot locks.", "",
       "Reboot will attempt to reboot immediately after taking a reboot lock. The user is "
       "responsible for unlocking after a successful reboot.",
       reboot_command},
      {"send-need-reboot", "send a 'need reboot' signal over dbus.", "",
       "Send a fake 'need reboot' signal to test locksmithd\n"
       "without a full update cycle via update engine.",
       send_need_reboot_command},
      {"set-max", "Set the maximum number of lock holders", "UNIT",
       "Set the maximum number of machines that can be rebooting at a given time. This\n"
       "can be set at any time and will not affect current holders of the lock.",
       set_max_command},
      {"status", "Get the status of the cluster wide reboot lock.", "",
       "Status will return the number of locks that are held and available and a list of the "
       "holders.",
       status_command},
      {"unlock", "Unlock this machine or a given machine-id for reboot.", "<machine-id>",
       "Unlock is for manual unlocking of the reboot unlock for this machine or a\n"
       "given machine-id. Under normal operation this should not be necessary.",
       unlock_command},
      {"holders", "Show who holds the reboot lock and since when.", "",
       "Holders lists the machines that hold the lock, each with the time at which it took\n"
       "it, where the program that took it made a note of that.",
       holders_command, false},
  };
  return all;
}

const Command* find_command(std::string_view name) {
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
  }
  return nullptr;
}

}  // namespace argosy::locksmith
