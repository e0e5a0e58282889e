#include "parts/update_engine/attempt/offer.h"

#include "base/bytes.h"
#include "base/format.h"

namespace argosy::update_engine {
namespace {

using channel_metadata::compare_versions;

std::optional<std::string> not_stated(const OfferQuestion& question) {
  channel_metadata::Offer offer;
  offer.current_version = question.running_version;
  offer.version = question.update.version;
  offer.package = question.update.package;
  offer.size = static_cast<uint64_t>(question.update.size);
  offer.sha256 = from_base64(question.update.sha256).value_or("");
  offer.is_delta = question.update.is_delta;
  const Result<void> permitted = channel_metadata::permits(*question.statement, offer);
  if (permitted) return std::nullopt;
  return format("the channel's metadata do not permit it: {}", permitted.error().text());
}

}  // namespace

std::optional<std::string> why_not(const OfferQuestion& question) {
  const std::string& version = question.update.version;
  if (!question.bad_version.empty() && version == question.bad_version) {
    return format("version {} was installed before and did not hold", version);
  }
  if (question.statement != nullptr) return not_stated(question);
  const bool is_older =
      !question.running_version.empty() && compare_versions(version, question.running_version) < 0;
  if (is_older && !question.update.is_rollback && !question.policy.allows_downgrades) {
    return format("version {} is older than {}, which runs", version, question.running_version);
  }
  return std::nullopt;
}

}  // namespace argosy::update_engine
