#include "parts/update_service/server/service_metrics.h"

#include "parts/update_service/store/catalog_store.h"
#include "sys/process/usage.h"

namespace argosy::update_service {
namespace {

constexpr int64_t kInstanceFailed = 5;  // model::ActivityClass

double in_seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

Result<FleetFigures> fleet_figures(sql::Database& database) {
  FleetFigures figures;
  figures.catalog = TRY(store::load_catalog(database));
  figures.counts = TRY(store::all_counts(database));
  for (const sql::Row& row : TRY(database.ask(
           "SELECT application_id, COUNT(*) FROM activity WHERE kind = $1 GROUP BY application_id",
           kInstanceFailed))) {
    figures.failures[row.text(0)] = static_cast<uint64_t>(row.integer(1));
  }
  return figures;
}

ServiceMetrics::ServiceMetrics(const Desk& desk)
    : seconds_(metrics_.histogram("update_service_answer_seconds",
                                  "From an Omaha request to its answer.",
                                  exponential_buckets(0.0005, 2, 16))),
      refused_(
          metrics_.counter("update_service_bad_requests_total", "Requests that were no Omaha.")),
      failed_(metrics_.counter("update_service_failed_requests_total",
                               "Requests that the database could not answer.")) {
  add_desk(desk);
  add_process();
}

void ServiceMetrics::add_desk(const Desk& desk) {
  metrics_.counter_by("update_service_database_transactions_total",
                      "Transactions that were committed.", {},
                      [&desk] { return static_cast<double>(desk.figures().batches); });
  metrics_.counter_by("update_service_database_writes_total",
                      "Changes in these transactions, several in each.", {},
                      [&desk] { return static_cast<double>(desk.figures().writes); });
  metrics_.counter_by("update_service_database_retries_total",
                      "Transactions that had to be done again.", {},
                      [&desk] { return static_cast<double>(desk.figures().retries); });
  metrics_.gauge_by("update_service_database_waiting", "Changes that wait for their transaction.",
                    {}, [&desk] { return static_cast<double>(desk.figures().waiting); });
}

void ServiceMetrics::add_process() {
  metrics_.counter_by("process_cpu_seconds_total", "User and system time.", {},
                      [] { return in_seconds(process_usage().cpu); });
  metrics_.gauge_by("process_resident_memory_bytes", "Resident memory.", {},
                    [] { return static_cast<double>(process_usage().resident_bytes); });
  metrics_.gauge_by("process_open_fds", "Open file descriptors.", {},
                    [] { return static_cast<double>(process_usage().open_fds); });
}

void ServiceMetrics::add(const OutsideCounter& counter) {
  metrics_.counter_by(counter.name, counter.help, {}, counter.value);
}

// What has disappeared stays at 0: a member of a family is for the process's life.
void ServiceMetrics::show(const FleetFigures& figures) {
  for (auto& [labels, gauge] : fleet_) gauge->set(0);
  for (const store::GroupCount& count : figures.counts) {
    const model::Application* application = figures.catalog->application(count.application_id);
    const model::Group* group = figures.catalog->group(count.group_id);
    if (application == nullptr || group == nullptr) continue;
    const model::Channel* channel = figures.catalog->channel(group->channel_id);
    const std::vector<std::string> labels{application->name, count.version,
                                          channel == nullptr ? "" : channel->name};
    Gauge*& gauge = fleet_[labels];
    if (gauge == nullptr) {
      gauge = &metrics_.gauge(
          "nebraska_application_instances_per_channel",
          "Number of instances per application, version and channel",
          {{"application", labels[0]}, {"version", labels[1]}, {"channel", labels[2]}});
    }
    gauge->add(static_cast<double>(count.instances));
  }
  for (const model::Application& application : figures.catalog->applications) {
    Gauge*& gauge = failures_[application.name];
    if (gauge == nullptr) {
      gauge = &metrics_.gauge("nebraska_failed_updates", "Number of failed updates",
                              {{"application", application.name}});
    }
    const auto place = figures.failures.find(application.id);
    gauge->set(place == figures.failures.end() ? 0 : static_cast<double>(place->second));
  }
}

void ServiceMetrics::answered(const omaha::Response& response, Duration took) {
  seconds_.observe(in_seconds(took));
  for (const omaha::AppResponse& app : response.apps) {
    const std::string& what = app.status != omaha::app_status::kOk ? app.status
                              : app.update                         ? app.update->status
                                                                   : app.status;
    const std::string answer = app.update && what == "ok" ? "update" : what;
    Counter*& counter = answers_[answer];
    if (counter == nullptr) {
      counter = &metrics_.counter("update_service_answers_total",
                                  "Applications in Omaha requests, by what they were told.",
                                  {{"answer", answer}});
    }
    counter->add();
  }
}

}  // namespace argosy::update_service
