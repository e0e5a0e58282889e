// A channel's document made of what the service says of the channel, to be looked at and
// signed by a person. Any thread.
#pragma once

#include "lib/channel_metadata/metadata.h"
#include "lib/json/json.h"

namespace argosy::update_service::ctl {

struct DraftSource {
  json::Value channel;   // of the API
  json::Array packages;  // all of the application
  json::Array floors;    // packages
  json::Array groups;    // all of the application
  uint64_t sequence = 1;
  WallTime issued{}, expires{};  // whole seconds
};
// FailedPrecondition when the channel offers nothing; InvalidArgument when what the service
// says makes no document.
Result<channel_metadata::Metadata> draft(const DraftSource& source);

}  // namespace argosy::update_service::ctl
