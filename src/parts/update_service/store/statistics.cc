#include "parts/update_service/store/statistics.h"

#include "parts/update_service/store/members.h"
#include "parts/update_service/store/values.h"

namespace argosy::update_service::store {
namespace {

WallTime quarter_of(WallTime now) {
  return now - now.time_since_epoch() % kSampleEvery;
}

// The samples at the points of a timeline. Each point takes the sample of its own quarter,
// so that a point is what was counted then and not a mean.
template <typename Take>
Result<void> each_sample(sql::Database& database, std::string_view group_id, model::Span span,
                         WallTime now, Take take) {
  const Duration step = step_of(span);
  const WallTime last = quarter_of(now);
  const WallTime first = last - length_of(span);
  for (WallTime point = first; point <= last; point += step) {
    take.begin(point);
    for (const sql::Row& row :
         TRY(database.ask("SELECT version, status, machines FROM fleet_sample "
                          "WHERE group_id = $1 AND at = $2",
                          text(group_id), to_ms(point)))) {
      take.add(point, row.text(0), status_of(row.integer(1)),
               static_cast<uint64_t>(row.integer(2)));
    }
  }
  return {};
}

}  // namespace

Result<std::vector<VersionShare>> version_breakdown(sql::Database& database,
                                                    std::string_view group_id) {
  std::vector<VersionShare> shares;
  uint64_t all = 0;
  for (const sql::Row& row :
       TRY(database.ask("SELECT version, CAST(SUM(machines) AS BIGINT) AS machines "
                        "FROM fleet_count WHERE group_id = $1 GROUP BY version "
                        "ORDER BY machines DESC, version DESC",
                        text(group_id)))) {
    shares.push_back({.version = row.text(0), .instances = static_cast<uint64_t>(row.integer(1))});
    all += shares.back().instances;
  }
  for (VersionShare& share : shares) {
    share.percentage = static_cast<double>(share.instances) * 100 / static_cast<double>(all);
  }
  return shares;
}

Result<StatusCounts> status_breakdown(sql::Database& database, std::string_view group_id) {
  StatusCounts counts;
  for (const sql::Row& row :
       TRY(database.ask("SELECT status, CAST(SUM(machines) AS BIGINT) FROM fleet_count "
                        "WHERE group_id = $1 GROUP BY status",
                        text(group_id)))) {
    counts[status_of(row.integer(0))] += static_cast<uint64_t>(row.integer(1));
  }
  return counts;
}

Result<std::vector<GroupCount>> all_counts(sql::Database& database) {
  std::vector<GroupCount> counts;
  for (const sql::Row& row : TRY(database.ask(
           "SELECT application_id, group_id, version, status, CAST(SUM(machines) AS BIGINT) "
           "FROM fleet_count GROUP BY application_id, group_id, version, status "
           "ORDER BY application_id, group_id, version, status"))) {
    counts.push_back({.application_id = row.text(0),
                      .group_id = row.text(1),
                      .version = row.text(2),
                      .status = status_of(row.integer(3)),
                      .instances = static_cast<uint64_t>(row.integer(4))});
  }
  return counts;
}

Result<VersionTimeline> version_timeline(sql::Database& database, std::string_view group_id,
                                         model::Span span, WallTime now) {
  struct Take {
    VersionTimeline& timeline;
    void begin(WallTime point) const { timeline[point]; }
    void add(WallTime point, const std::string& version, Status, uint64_t machines) const {
      timeline[point][version] += machines;
    }
  };
  VersionTimeline timeline;
  TRY(each_sample(database, group_id, span, now, Take{timeline}));
  return timeline;
}

Result<StatusTimeline> status_timeline(sql::Database& database, std::string_view group_id,
                                       model::Span span, WallTime now) {
  struct Take {
    StatusTimeline& timeline;
    void begin(WallTime point) const { timeline[point]; }
    void add(WallTime point, const std::string& version, Status status, uint64_t machines) const {
      timeline[point][status][version] += machines;
    }
  };
  StatusTimeline timeline;
  TRY(each_sample(database, group_id, span, now, Take{timeline}));
  return timeline;
}

Result<void> sample(sql::Database& database, WallTime now) {
  const int64_t at = to_ms(quarter_of(now));
  TRY(database.ask(
      "INSERT INTO fleet_sample (at, group_id, version, status, machines) "
      "SELECT CAST($1 AS BIGINT), group_id, version, status, CAST(SUM(machines) AS BIGINT) "
      "FROM fleet_count WHERE machines > 0 GROUP BY group_id, version, status "
      "ON CONFLICT (group_id, at, version, status) DO NOTHING",
      at));
  TRY(database.ask("DELETE FROM fleet_sample WHERE at < $1", at - to_ms(kSamplesKept)));
  return {};
}

}  // namespace argosy::update_service::store
