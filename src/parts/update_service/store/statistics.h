// Statistics for people: how many machines have which version and status, now and over
// time. "Now" counts machines that were seen within a day; the past is sampled every
// quarter of an hour.
#pragma once

#include <map>

#include "lib/sql/database.h"
#include "parts/update_service/model/fleet.h"

namespace argosy::update_service::store {

struct VersionShare {
  std::string version;
  uint64_t instances = 0;
  double percentage = 0;

  bool operator==(const VersionShare&) const = default;
};
// The most frequent first.
Result<std::vector<VersionShare>> version_breakdown(sql::Database& database,
                                                    std::string_view group_id);

using StatusCounts = std::map<Status, uint64_t>;
Result<StatusCounts> status_breakdown(sql::Database& database, std::string_view group_id);

struct GroupCount {
  std::string application_id, group_id, version;
  Status status = Status::kUndefined;
  uint64_t instances = 0;
};
// All groups, for metrics.
Result<std::vector<GroupCount>> all_counts(sql::Database& database);

// Points of time from the oldest, each with what was counted then.
using VersionTimeline = std::map<WallTime, std::map<std::string, uint64_t>>;
using StatusTimeline = std::map<WallTime, std::map<Status, std::map<std::string, uint64_t>>>;
Result<VersionTimeline> version_timeline(sql::Database& database, std::string_view group_id,
                                         model::Span span, WallTime now);
// By status, then version.
Result<StatusTimeline> status_timeline(sql::Database& database, std::string_view group_id,
                                       model::Span span, WallTime now);

inline constexpr Duration kSampleEvery = minutes(15);
inline constexpr Duration kSamplesKept = hours(24 * 31);
// Writes down the counts for this quarter of an hour, once, whoever comes first; drops old
// samples. Inside a transaction.
Result<void> sample(sql::Database& database, WallTime now);

}  // namespace argosy::update_service::store
