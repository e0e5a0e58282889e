#include "io/metrics/metrics.h"

#include <cmath>
#include <doctest/doctest.h>
#include <limits>

namespace argosy {
namespace {

TEST_CASE("an empty registry makes an empty page") {
  CHECK(Metrics().page().empty());
}

TEST_CASE("families are in the order of their names, members in that of their labels") {
  Metrics metrics;
  metrics.gauge("ships", "Ships in sight.").set(2);
  Counter& oars = metrics.counter("oars_total", "Oars broken.", {{"side", "port"}});
  metrics.counter("oars_total", "Oars broken.", {{"side", "larboard"}}).add(3);
  oars.add();
  oars.add(0.5);
  CHECK(metrics.page() ==
        "# HELP oars_total Oars broken.\n"
        "# TYPE oars_total counter\n"
        "oars_total{side=\"larboard\"} 3\n"
        "oars_total{side=\"port\"} 1.5\n"
        "# HELP ships Ships in sight.\n"
        "# TYPE ships gauge\n"
        "ships 2\n");
}

TEST_CASE("one name with the same labels is one object, whatever their order") {
  Metrics metrics;
  Counter& one = metrics.counter("a", "", {{"x", "1"}, {"y", "2"}});
  Counter& other = metrics.counter("a", "", {{"y", "2"}, {"x", "1"}});
  CHECK(&one == &other);
  for (int i = 0; i < 100; ++i) metrics.counter("a", "", {{"x", std::to_string(i)}});
  CHECK(&metrics.counter("a", "", {{"x", "1"}, {"y", "2"}}) == &one);
}

TEST_CASE("a histogram's bounds are inclusive and its page is cumulative") {
  Metrics metrics;
  Histogram& histogram = metrics.histogram("wave", "Waves.", {0.5, 1, 2}, {{"sea", "black"}});
  for (const double height : {0.1, 0.5, 0.7, 2.0, 9.0}) histogram.observe(height);
  CHECK(histogram.bucket(0) == 2);
  CHECK(histogram.bucket(3) == 1);
  CHECK(metrics.page() ==
        "# HELP wave Waves.\n"
        "# TYPE wave histogram\n"
        "wave_count{sea=\"black\"} 5\n"
        "wave_sum{sea=\"black\"} 12.3\n"
        "wave_bucket{sea=\"black\",le=\"0.5\"} 2\n"
        "wave_bucket{sea=\"black\",le=\"1\"} 3\n"
        "wave_bucket{sea=\"black\",le=\"2\"} 4\n"
        "wave_bucket{sea=\"black\",le=\"+Inf\"} 5\n");
}

TEST_CASE("exponential buckets") {
  const auto bounds = exponential_buckets(0.001, 2, 14);
  REQUIRE(bounds.size() == 14);
  CHECK(bounds.front() == 0.001);
  CHECK(bounds.back() == doctest::Approx(8.192));
}

TEST_CASE("what is read or updated at the scrape is fresh on each page") {
  Metrics metrics;
  double depth = 1;
  metrics.gauge_by("depth", "", {}, [&] { return depth; });
  metrics.counter_by("pages_total", "", {}, [&] { return 10 * depth; });
  Gauge& twice = metrics.gauge("twice", "");
  metrics.on_scrape([&] { twice.set(2 * depth); });
  CHECK(metrics.page().find("depth 1\n") != std::string::npos);
  depth = 4;
  const std::string page = metrics.page();
  CHECK(page.find("depth 4\n") != std::string::npos);
  CHECK(page.find("pages_total 40\n") != std::string::npos);
  CHECK(page.find("twice 8\n") != std::string::npos);
}

TEST_CASE("label values are escaped, and numbers may be none") {
  Metrics metrics;
  metrics.gauge("odd", "", {{"name", "a\"b\\c\nd"}}).set(std::nan(""));
  metrics.gauge("large", "").set(std::numeric_limits<double>::infinity());
  const std::string page = metrics.page();
  CHECK(page.find("odd{name=\"a\\\"b\\\\c\\nd\"} Nan\n") != std::string::npos);
  CHECK(page.find("large +Inf\n") != std::string::npos);
}

}  // namespace
}  // namespace argosy
