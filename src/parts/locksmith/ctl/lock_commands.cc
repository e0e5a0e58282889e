// The commands that read or change the lock.
#include <unistd.h>

#include "base/format.h"
#include "base/text.h"
#include "lib/systemd/bus.h"
#include "parts/locksmith/ctl/command.h"
#include "parts/locksmith/ctl/ctl.h"
#include "parts/locksmith/host/machine_id.h"
#include "parts/locksmith/host/peers.h"
#include "parts/locksmith/semaphore/keys.h"
#include "parts/locksmith/store/store.h"
#include "sys/file/disk.h"
#include "sys/random/random.h"

namespace argosy::locksmith {
namespace {

// Null after a complaint.
Task<std::unique_ptr<LockStore>> open_store(Context* context) {
  auto settings = store_settings(context->options, "LOCKSMITHCTL", context->environment);
  Result<std::unique_ptr<LockStore>> store = fail(Code::kUnknown, "");
  if (settings) {
    store = co_await result(LockStore::open(context->loop, context->loop.network(), real_random(),
                                            *std::move(settings)));
  } else {
    store = fail(std::move(settings).error());
  }
  if (store) co_return *std::move(store);
  context->complain("Error initializing etcd client: " + store.error().text());
  co_return std::unique_ptr<LockStore>();
}

// The machine that a command is about; empty after a complaint.
std::string machine_of(Context& context, const Words& words) {
  if (!words.empty()) return words.front();
  std::string id = machine_id(real_disk(), context.root);
  if (id.empty()) context.complain("Cannot read machine-id");
  return id;
}

}  // namespace

Task<void> lock_command(Context* context, Words words) {
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const std::string id = machine_of(*context, words);
  if (context->ending.code != 0) co_return;
  const auto done = co_await result(store->lock(id));
  if (!done) context->complain("Error locking: " + done.error().text());
}

Task<void> unlock_command(Context* context, Words words) {
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const std::string id = machine_of(*context, words);
  if (context->ending.code != 0) co_return;
  const auto done = co_await result(store->unlock(id));
  if (!done) context->complain("Error unlocking: " + done.error().text());
}

Task<void> set_max_command(Context* context, Words words) {
  if (words.size() != 1) {
    context->complain("New maximum value must be set.");
    co_return;
  }
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const auto max = parse_int(words.front());
  if (!max) {
    context->complain("Invalid maximum value: " + words.front());
    co_return;
  }
  const auto change = co_await result(store->set_max(*max));
  if (!change) {
    context->complain("Error setting value: " + change.error().text());
    co_return;
  }
  context->print(format("Old-Max: {}", change->before));
  context->print(format("Max: {}", change->after));
}

Task<void> status_command(Context* context, Words) {
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const auto semaphore = co_await result(store->read());
  if (!semaphore) {
    context->complain("Error setting value: " + semaphore.error().text());
    co_return;
  }
  context->print(format("Available: {}", semaphore->free));
  context->print(format("Max: {}", semaphore->max));
  if (semaphore->holders.empty()) co_return;
  context->print("");
  context->print("MACHINE ID");
  for (const std::string& holder : semaphore->holders) context->print(holder);
}

Task<void> holders_command(Context* context, Words) {
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const auto semaphore = co_await result(store->read());
  const auto notes = co_await result(store->holder_notes());
  if (!semaphore || !notes) {
    context->complain("Error reading the lock: " +
                      (semaphore ? notes.error() : semaphore.error()).text());
    co_return;
  }
  context->print("MACHINE ID                        SINCE");
  for (const std::string& holder : semaphore->holders) {
    std::string since = "-";
    for (const HolderNote& note : *notes) {
      if (note.machine == holder) {
        since = to_rfc3339(WallTime(seconds(note.since_unix_seconds)));
      }
    }
    context->print(format("{:<32}  {}", holder, since));
  }
}

Task<void> reboot_command(Context* context, Words) {
  if (::geteuid() != 0) {
    context->complain("Must be root to initiate reboot.");
    co_return;
  }
  const auto store = co_await open_store(context);
  if (!store) co_return;
  const auto bus = co_await result(systemd::Bus::connect(context->loop));
  if (!bus) {
    context->complain("Error initializing login connection: " + bus.error().text());
    co_return;
  }
  const std::string id = machine_of(*context, {});
  if (context->ending.code != 0) co_return;
  const auto locked = co_await result(store->lock(id));
  if (!locked) {
    context->complain("Error locking: " + locked.error().text());
    co_return;
  }
  const auto sent = co_await result(reboot(**bus));
  if (!sent) {
    context->complain("Error rebooting: " + sent.error().text());
    context->complain("The lock is held; release it with: locksmithctl unlock");
  }
}

Task<void> send_need_reboot_command(Context* context, Words) {
  const auto bus = co_await result(systemd::Bus::connect(context->loop));
  if (!bus) {
    context->complain("error connecting to system dbus: " + bus.error().text());
    co_return;
  }
  const auto sent = co_await result(send_need_reboot(**bus));
  if (!sent) context->complain("error emitting signal: " + sent.error().text());
}

}  // namespace argosy::locksmith
