// Whether an offered update is one that this machine should take.
#pragma once

#include <optional>
#include <string>

#include "lib/channel_metadata/metadata.h"
#include "lib/omaha/client_response.h"
#include "parts/update_engine/attempt/situation.h"

namespace argosy::update_engine {

struct OfferQuestion {
  const omaha::ClientUpdate& update;
  std::string_view running_version;
  std::string_view bad_version;  // empty: none
  Policy policy;
  // The channel's statement, if one is demanded; it was verified.
  const channel_metadata::Metadata* statement = nullptr;
};
// Why not, for the log; nothing: take it.
std::optional<std::string> why_not(const OfferQuestion& question);

}  // namespace argosy::update_engine
