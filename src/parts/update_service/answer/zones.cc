#include "parts/update_service/answer/zones.h"

#include "base/format.h"
#include "base/text.h"
#include "sys/log/log.h"

namespace argosy::update_service {
namespace {

constexpr uint64_t kMaxFile = 1 << 20;

}  // namespace

Result<Zone> Zones::read(Disk& disk, const std::string& directory, const std::string& name) {
  if (!is_zone_name(name)) {
    return fail(Code::kInvalidArgument, format("{} is no time zone", go_quote(name)));
  }
  const Bytes bytes = TRY(read_file(disk, join_path(directory, name), kMaxFile));
  return Zone::parse(bytes);
}

const Zone& Zones::find(const std::string& name) {
  const auto known = known_.find(name);
  if (known != known_.end()) return known->second;
  auto zone = read(disk_, directory_, name);
  if (!zone) {
    log_warn("a time zone that is not known counts as UTC",
             {{"zone", name}, {"error", zone.error()}});
  }
  return known_.emplace(name, zone ? *std::move(zone) : Zone()).first->second;
}

}  // namespace argosy::update_service
