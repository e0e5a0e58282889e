// What an upstream update service offers, offered here as well: at every interval each
// channel of the application that is not pinned is asked for as a machine would ask
// (Nebraska's syncer), new versions and floors become packages, and the channel is pointed
// at the newest. With keys, only as upstream's signed metadata say. With a Hosting the payloads are
// fetched and checked first, so that a channel never offers what is not here. The loop's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/task/wait.h"
#include "lib/channel_metadata/trust/trust.h"
#include "lib/omaha/response.h"
#include "parts/update_service/hosting/hosting.h"
#include "parts/update_service/model/catalog.h"
#include "parts/update_service/store/desk.h"
#include "sys/clock/clock.h"

namespace argosy::update_service {

struct MirrorOptions {
  std::string upstream = "https://public.update.flatcar-linux.net/v1/update/";
  Duration interval = hours(1);
  // Instead of upstream's URLs, with {{ARCH}} and {{VERSION}}, when nothing is hosted here.
  std::string packages_url;
  std::string hosted_url = "/flatcar/";  // where the Hosting is mounted
  uint64_t max_payload = uint64_t{8} << 30;
  uint64_t max_rate = 0;  // bytes a second of payloads, over any second or more; 0: no limit
  // With keys: what upstream offers is taken only as one of them has signed it.
  channel_metadata::Keyring keys{};
};

struct MirrorFigures {
  uint64_t rounds = 0;
  uint64_t failures = 0;  // channels that could not be brought up to date
  uint64_t packages = 0;  // that were added
  std::optional<WallTime> last_round{};
  std::vector<std::string> troubles{};  // of the last round: channel and error
};

class Mirror {
 public:
  // All outlive it; `hosting` may be null: packages keep upstream's URLs.
  Mirror(Loop& loop, const Clock& clock, Desk& desk, Hosting* hosting, MirrorOptions options)
      : loop_(loop),
        clock_(clock),
        desk_(desk),
        hosting_(hosting),
        options_(std::move(options)),
        wanted_(loop) {}

  // Until it is dropped.
  Task<void> run();
  // All channels once; a channel's failure is logged and counted.
  Task<void> run_once();
  // run() begins its next round now, or after the one that is under way.
  void hurry();
  const MirrorOptions& options() const { return options_; }
  const MirrorFigures& figures() const { return figures_; }

 private:
  Task<void> follow(model::CatalogView catalog, model::Channel channel);
  Task<omaha::AppResponse> ask(const model::Channel& channel, std::string version);
  Task<void> pause_until_next();
  // Nothing is believed but what the statement names. Without keys: the statement as it came.
  Result<std::string> checked_statement(const model::CatalogView& catalog,
                                        const model::Channel& channel,
                                        const omaha::AppResponse& app) const;
  // A document of the same offer, signed anew before the old one expires.
  Task<void> renew(std::string channel_id, std::string statement);
  Task<model::Package> take_in(const model::Channel& channel, omaha::Manifest manifest,
                               std::string url);
  Task<void> host(model::Package& package, std::string url);
  Task<HostedFile> download(std::string url, std::string name, ExpectedFile expected);

  Loop& loop_;
  const Clock& clock_;
  Desk& desk_;
  Hosting* hosting_;
  MirrorOptions options_;
  MirrorFigures figures_;
  bool is_hurried_ = false;
  Wakeup wanted_;
};

}  // namespace argosy::update_service
