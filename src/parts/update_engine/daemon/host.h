// The machine as update_engine sees it: configuration and identity, read anew each time.
#pragma once

#include "parts/update_engine/attempt/situation.h"
#include "parts/update_engine/daemon/options.h"
#include "sys/file/disk.h"

namespace argosy::update_engine {

inline constexpr std::string_view kUpdateCompletedMarker =
    "/var/run/update_engine_autoupdate_completed";
inline constexpr std::string_view kPayloadKey =
    "/usr/share/update_engine/update-payload-key.pub.pem";
// Public keys in PEM. While it is there, responses need a signed statement of the channel.
inline constexpr std::string_view kChannelKeys =
    "/usr/share/update_engine/channel-metadata-key.pub.pem";

Family family_of(Disk& disk, const Options& options);

// Files that are missing are as empty ones. Keys that can't be read make every statement one
// that can't be believed.
Situation read_situation(Disk& disk, const Options& options);

}  // namespace argosy::update_engine
