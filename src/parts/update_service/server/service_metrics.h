// What the service counts of itself and its fleet: Nebraska's two names, and our own.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "io/metrics/metrics.h"
#include "lib/omaha/response.h"
#include "parts/update_service/model/catalog.h"
#include "parts/update_service/store/desk.h"
#include "parts/update_service/store/statistics.h"

namespace argosy::update_service {

// What is asked of the database now and then.
struct FleetFigures {
  model::CatalogView catalog;
  std::vector<store::GroupCount> counts;
  std::map<std::string, uint64_t> failures;  // by application
};
Result<FleetFigures> fleet_figures(sql::Database& database);

// What somebody else counts, on our page: a counter, asked for with each page.
struct OutsideCounter {
  std::string name;
  std::string help;
  std::function<double()> value;
};

class ServiceMetrics {
 public:
  explicit ServiceMetrics(const Desk& desk);

  void add(const OutsideCounter& counter);
  void show(const FleetFigures& figures);
  // An Omaha request that was answered after so long.
  void answered(const omaha::Response& response, Duration took);
  void refused() { refused_.add(); }
  void failed() { failed_.add(); }
  std::string page() { return metrics_.page(); }

 private:
  void add_desk(const Desk& desk);
  void add_process();

  Metrics metrics_;
  std::map<std::vector<std::string>, Gauge*> fleet_;
  std::map<std::string, Gauge*> failures_;
  std::map<std::string, Counter*> answers_;  // by the update check's status
  Histogram& seconds_;
  Counter& refused_;
  Counter& failed_;
};

}  // namespace argosy::update_service
