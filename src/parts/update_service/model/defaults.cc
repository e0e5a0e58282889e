#include "parts/update_service/model/catalog.h"

namespace argosy::update_service::model {
namespace {

struct Default {
  std::string_view track;
  std::string_view channel_name;
  std::string_view color;
  Arch arch;
  std::string_view group_id;
  std::string_view channel_id;
};

constexpr Default kDefaults[] = {
    {"alpha", "Alpha", "#1fbb86", Arch::kAmd64, "5b810680-e36a-4879-b98a-4f989e80b899",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a101"},
    {"beta", "Beta", "#fcab10", Arch::kAmd64, "3fe10490-dd73-4b49-b72a-28ac19acfcdc",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a102"},
    {"stable", "Stable", "#1f7bbb", Arch::kAmd64, "9a2deb70-37be-4026-853f-bfdd6b347bbe",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a103"},
    {"edge", "Edge", "#b8336a", Arch::kAmd64, "72834a2b-ad86-4d6d-b498-e08a19ebe54e",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a104"},
    {"alpha", "Alpha", "#1fbb86", Arch::kAarch64, "e641708d-fb48-4260-8bdf-ba2074a1147a",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a201"},
    {"beta", "Beta", "#fcab10", Arch::kAarch64, "d112ec01-ba34-4a9e-9d4b-9814a685f266",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a202"},
    {"stable", "Stable", "#1f7bbb", Arch::kAarch64, "11a585f6-9418-4df0-8863-78b2fd3240f8",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a203"},
    {"edge", "Edge", "#b8336a", Arch::kAarch64, "b4b2fa22-c1ea-498c-a8ac-c1dc0b1d7c17",
     "0d7d5d3f-5c3b-4d3a-9a7c-2f1be2c0a204"},
};

std::string group_name(const Default& from) {
  return std::string(from.channel_name) + (from.arch == Arch::kAmd64 ? " (AMD64)" : " (ARM64)");
}

}  // namespace

Catalog default_catalog() {
  Catalog catalog;
  catalog.applications.push_back({.id = std::string(kContainerLinuxId),
                                  .product_id = std::nullopt,
                                  .name = "Container Linux",
                                  .description = "Container Linux and Flatcar",
                                  .created = {}});
  for (const Default& from : kDefaults) {
    Channel channel;
    channel.id = from.channel_id;
    channel.application_id = kContainerLinuxId;
    channel.name = from.track;
    channel.color = from.color;
    channel.arch = from.arch;
    catalog.channels.push_back(channel);
    Group group;
    group.id = from.group_id;
    group.application_id = kContainerLinuxId;
    group.name = group_name(from);
    group.description = "For " + std::string(from.track) + " machines";
    group.track = from.track;
    group.channel_id = channel.id;
    catalog.groups.push_back(group);
  }
  return catalog;
}

}  // namespace argosy::update_service::model
