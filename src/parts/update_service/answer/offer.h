// A package as Omaha's manifest. Private to this folder.
#pragma once

#include "lib/omaha/response.h"
#include "parts/update_service/model/catalog.h"

namespace argosy::update_service {

struct OfferRequest {
  const model::Catalog& catalog;
  const model::Channel& channel;
  std::string_view running_version;
  std::string_view base_url;
  bool takes_deltas = false;
  bool takes_several = false;
  size_t max_floors = 0;
};

// The update to `version`; nothing when the channel's application has no such package.
std::optional<omaha::Update> make_offer(const OfferRequest& request, const std::string& version);

}  // namespace argosy::update_service
