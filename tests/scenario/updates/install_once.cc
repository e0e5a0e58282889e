// One run of the installer without the daemon around it, for tests that make it die at a
// chosen write. Says what happens a line at a time; the last is the outcome.
#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/cli/flag_set.h"
#include "parts/update_engine/install/install.h"

namespace argosy::update_engine {
namespace {

struct Options {
  Job job;
  Surroundings machine;
};

void add_flags(cli::FlagSet& flags, Options& options) {
  flags.add("url", options.job.url, "", "Of the payload; or a path.");
  flags.add("size", options.job.size, 0, "Of the payload.");
  flags.add("hash", options.job.payload_hash, "", "Its SHA-256 in base64.");
  flags.add("active", options.machine.slots.active, "", "The slot that runs.");
  flags.add("key", options.machine.public_key, "", "Public key.");
  flags.add("kernels", options.machine.slots.kernel_directory, "", "Of the boot partition.");
  flags.add("state", options.machine.slots.state_directory, "", "/var/lib/update_engine.");
  flags.add("temporary", options.machine.temporary_directory, "/tmp", "For the mount point.");
}

void say(const std::string& line) {
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

Task<void> run(UvLoop* loop, Installer* installer, Job job) {
  const Callbacks callbacks{
      .on_phase = [](Phase phase) { say(format("phase {}", static_cast<int>(phase))); },
      .on_progress = {},
      .on_received = {}};
  const Outcome outcome = co_await installer->run(std::move(job), callbacks);
  say(format("code {} resumed {} {}", static_cast<int>(outcome.code), outcome.is_resumed,
             outcome.text));
  loop->stop();
}

int run(Options options) {
  options.job.allows_file = true;
  auto store = Store::open(real_disk(), options.machine.slots.state_directory + "/prefs");
  if (!store) return EXIT_FAILURE;
  (void)clear_postinst_leftovers(options.machine.temporary_directory);
  UvLoop loop;
  Installer installer(loop, real_disk(), *store, options.machine);
  Scope scope(loop);
  scope.spawn(run(&loop, &installer, options.job));
  loop.run();
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace argosy::update_engine

int main(int argc, char** argv) {
  argosy::cli::FlagSet flags("install-once");
  argosy::update_engine::Options options;
  argosy::update_engine::add_flags(flags, options);
  const auto words = flags.parse({argv + 1, argv + argc});
  if (words && words->empty()) return argosy::update_engine::run(options);
  std::fputs(flags.usage().c_str(), stderr);
  return EXIT_FAILURE;
}
