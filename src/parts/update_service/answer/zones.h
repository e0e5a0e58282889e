// The time zones of groups, each read once.
#pragma once

#include <map>
#include <string>

#include "parts/update_service/zone/zone.h"
#include "sys/file/disk.h"

namespace argosy::update_service {

class Zones {
 public:
  explicit Zones(Disk& disk, std::string directory = "/usr/share/zoneinfo")
      : disk_(disk), directory_(std::move(directory)) {}

  // UTC for a zone that is not known, with one line in the log.
  const Zone& find(const std::string& name);
  // NotFound or InvalidArgument.
  static Result<Zone> read(Disk& disk, const std::string& directory, const std::string& name);

 private:
  Disk& disk_;
  std::string directory_;
  std::map<std::string, Zone> known_;
};

}  // namespace argosy::update_service
