#include "parts/update_engine/daemon/daemon.h"

#include <csignal>
#include <sys/stat.h>
#include <unistd.h>

#include "parts/update_engine/daemon/worker.h"
#include "parts/update_engine/slots/postinst.h"
#include "sys/file/disk.h"
#include "sys/log/log.h"

namespace argosy::update_engine {

int run_daemon(const Options& options) {
  LogOptions logging;
  logging.as_json = false;
  (void)start_logging(logging);
  // Before there are threads.
  if (!options.foreground && ::daemon(0, 0) != 0) log_fatal("daemon() failed");
  log_info("Argosy Update Engine starting");
  umask(S_IXUSR | S_IRWXG | S_IRWXO);
  const auto cleared = clear_postinst_leftovers(options.temporary_directory);
  if (!cleared) log_warn("what postinst left is still there", {{"error", cleared.error()}});
  auto store = Store::open(real_disk(), options.path(kPrefsDirectory));
  if (!store) log_fatal("Failed to initialize preferences: " + store.error().text());
  UvLoop loop;
  Worker worker(loop, options, *std::move(store));
  for (const int number : {SIGTERM, SIGINT}) {
    loop.on_signal(number, [&loop] { loop.stop(); });
  }
  loop.post([&worker] { worker.start(); });
  loop.run();
  log_info("Argosy Update Engine terminating");
  return 0;
}

}  // namespace argosy::update_engine
