// What an attempt is made in: the configuration, who the machine is, and what its operator
// wants of the update engine. Read anew for each check, so that no change needs a restart.
#pragma once

#include <functional>
#include <span>
#include <string>

#include "lib/channel_metadata/metadata.h"
#include "lib/omaha/client_request.h"
#include "parts/update_engine/config/config.h"

namespace argosy::update_engine {

// Additions to update.conf; what is not set is as here.
struct Policy {
  // DELTAS=refuse: delta_okay="false" always, as the original has it.
  bool accepts_deltas = true;
  // DOWNGRADES=allow: the server may offer an older version than what runs without saying
  // that it means it, as the original has it.
  bool allows_downgrades = false;

  bool operator==(const Policy&) const = default;
};
// From the contents of the files of update_conf_paths() that could be read, in their order.
Policy make_policy(std::span<const std::string> update_confs);

// Whether a channel's statement is signed by a known key, of this channel, not expired, and
// not older than this sequence. The error's text is for the machine's operator.
using VerifyStatement = std::function<Result<channel_metadata::Metadata>(
    std::string_view text, WallTime now, uint64_t last_sequence)>;

struct Situation {
  Config config;
  Policy policy;
  Family family = Family::kFlatcar;
  std::string boot_id;  // in braces, as it is sent
  std::string machine_id;
  std::string hardware;  // of uname(2): "x86_64"
  // Without /root/.dev_mode; others make no checks by themselves and are not put off.
  bool is_official = true;
  // Empty: there are no keys, and statements are not looked at.
  VerifyStatement verify_statement;
};

omaha::Client client_of(const Situation& situation, std::string_view aleph_version,
                        bool is_interactive, bool delta_okay);

}  // namespace argosy::update_engine
