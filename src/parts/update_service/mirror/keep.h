// What was learned of a channel, written down. Private to this folder.
#pragma once

#include "lib/sql/database.h"
#include "parts/update_service/model/catalog.h"

namespace argosy::update_service {

struct Learned {
  struct Step {
    model::Package package;
    bool is_floor = false;
    std::string floor_reason;
  };
  std::string channel_id;
  std::vector<Step> steps;  // the last one is where the channel points to; none: as before
  std::string metadata;     // the channel's, as it goes on to machines; empty: none
};

// How many packages are new. A channel that was pinned or removed meanwhile stays.
Result<uint64_t> keep(sql::Database& database, const Learned& learned, WallTime now);

}  // namespace argosy::update_service
