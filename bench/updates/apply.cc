// One full payload from a URL into a slot, as update_engine does it, without the daemon.
#include <charconv>
#include <cstdio>

#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "parts/update_engine/install/install.h"

namespace {

using namespace argosy;
using namespace argosy::update_engine;

Task<void> apply(UvLoop& loop, Store& store, Surroundings machine, Job job, Outcome& outcome) {
  Installer installer(loop, real_disk(), store, std::move(machine));
  outcome = co_await installer.run(std::move(job), {});
  loop.stop();
}

int run(char** arguments) {
  const std::string_view size = arguments[2];
  Job job{.url = arguments[1], .payload_hash = arguments[3]};
  std::from_chars(size.data(), size.data() + size.size(), job.size);
  const std::string state = arguments[6];
  Result<Store> store = Store::open(real_disk(), state);
  if (!store) {
    std::fprintf(stderr, "%s\n", store.error().text().c_str());
    return 1;
  }
  Surroundings machine;
  machine.slots = {.active = arguments[4], .other = arguments[5], .state_directory = state};
  machine.slots.kernel_directory = state;
  machine.public_key.clear();
  machine.limits = download_limits();
  machine.temporary_directory = state;
  UvLoop loop;
  Outcome outcome;
  {
    Scope scope(loop);
    scope.spawn(apply(loop, *store, std::move(machine), std::move(job), outcome));
    loop.run();
  }
  if (outcome.code == ErrorCode::kSuccess) return 0;
  std::fprintf(stderr, "%s\n", outcome.text.c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 7) return run(argv);
  std::fprintf(stderr, "Usage: %s URL SIZE SHA256-BASE64 ACTIVE OTHER STATE-DIRECTORY\n", argv[0]);
  return 2;
}
