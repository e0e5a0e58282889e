#include "parts/locksmith/host/coordinator.h"

#include "base/format.h"
#include "parts/locksmith/strategy/texts.h"

namespace argosy::locksmith {

Result<std::unique_ptr<Coordinator>> Coordinator::take(Disk& disk, const std::string& root,
                                                       std::string strategy) {
  const std::string folder = join_path(root, "run/update-engine");
  const std::string path = join_path(folder, "coordinator.conf");
  TRY(disk.make_directories(folder, 0755));
  auto file = TRY(disk.open(path, {.write = true, .create = true, .mode = 0644}));
  if (!TRY(file->try_lock())) {
    return fail(Code::kFailedPrecondition, "file already locked");
  }
  const std::string content = TRY(read_file(disk, path, 64 * 1024));
  std::unique_ptr<Coordinator> coordinator(
      new Coordinator(disk, path, std::move(strategy), std::move(file)));
  coordinator->was_rebooting_ =
      coordinator_value(content, "NAME") == "locksmithd" &&
      coordinator_value(content, "STATE") == to_text(Coordination::kRebooting);
  return coordinator;
}

Result<void> Coordinator::publish(Coordination state) {
  const std::string next = path_ + ".new";
  auto file = TRY(disk_.open(next, {.create = true, .truncate = true, .mode = 0644}));
  if (!TRY(file->try_lock())) return fail(Code::kInternal, format("{} is locked", next));
  TRY(file->write_at(0, coordinator_text(strategy_, state)));
  TRY(disk_.rename(next, path_));
  file_ = std::move(file);
  return {};
}

}  // namespace argosy::locksmith
