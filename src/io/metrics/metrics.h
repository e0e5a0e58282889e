// Metrics: what a process counts of itself, as a page for Prometheus (text format
// 0.0.4: prometheus.io, "Exposition formats").
//
// Counters, gauges and histograms live as long as their Metrics and never move, so who
// counts keeps a reference; counting is an addition. Asking twice for one name with the
// same labels gives the same object; one name has one kind. The page's families are in
// the order of their names and each family's members in that of their labels. One
// thread: the loop's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace argosy {

// Pairs of name and value; their order does not matter.
using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  // `by` is not negative.
  void add(double by = 1) { value_ += by; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

class Gauge {
 public:
  void set(double value) { value_ = value; }
  void add(double by = 1) { value_ += by; }
  double value() const { return value_; }

 private:
  double value_ = 0;
};

class Histogram {
 public:
  // The buckets' upper bounds, inclusive and ascending; one for what is larger follows.
  explicit Histogram(std::vector<double> bounds);

  void observe(double value);
  uint64_t count() const { return count_; }
  double sum() const { return sum_; }
  const std::vector<double>& bounds() const { return bounds_; }
  // Of one bucket alone, not cumulated; bucket(bounds().size()) is the last.
  uint64_t bucket(size_t index) const { return buckets_[index]; }

 private:
  std::vector<double> bounds_;
  std::vector<uint64_t> buckets_;
  uint64_t count_ = 0;
  double sum_ = 0;
};

// `count` bounds, each `factor` times the one before.
std::vector<double> exponential_buckets(double start, double factor, size_t count);

class Metrics {
 public:
  // The page's Content-Type.
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // A bad name, or one that is of another kind, is a programmer's error. The help of a
  // family is what its first member said.
  Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& histogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                       MetricLabels labels = {});

  // Called for each page instead of being counted.
  using Read = std::function<double()>;
  void counter_by(std::string_view name, std::string_view help, MetricLabels labels, Read read);
  void gauge_by(std::string_view name, std::string_view help, MetricLabels labels, Read read);

  // Called before each page is made, to bring gauges up to date.
  void on_scrape(std::function<void()> update);
  std::string page();

 private:
  struct Families;
  std::unique_ptr<Families> families_;
  std::vector<std::function<void()>> updates_;
};

}  // namespace argosy
