#include "io/metrics/metrics.h"

#include <algorithm>
#include <map>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <variant>

#include "base/check.h"

namespace argosy {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricType;

using Member = std::variant<Counter, Gauge, Histogram, Metrics::Read>;

bool is_name(std::string_view text, bool colons) {
  const auto fits = [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (colons && c == ':') ||
           (c >= '0' && c <= '9');
  };
  return !text.empty() && !(text[0] >= '0' && text[0] <= '9') && std::ranges::all_of(text, fits);
}

void set_number(ClientMetric& to, MetricType type, double value) {
  (type == MetricType::Counter ? to.counter.value : to.gauge.value) = value;
}

ClientMetric::Histogram to_cumulative(const Histogram& histogram) {
  ClientMetric::Histogram out;
  out.sample_count = histogram.count();
  out.sample_sum = histogram.sum();
  uint64_t below = 0;
  for (size_t i = 0; i < histogram.bounds().size(); ++i) {
    below += histogram.bucket(i);
    out.bucket.push_back({below, histogram.bounds()[i]});
  }
  out.bucket.push_back({histogram.count(), std::numeric_limits<double>::infinity()});
  return out;
}

void set_value(ClientMetric& to, MetricType type, const Member& member) {
  if (const auto* counter = std::get_if<Counter>(&member)) {
    to.counter.value = counter->value();
  } else if (const auto* gauge = std::get_if<Gauge>(&member)) {
    to.gauge.value = gauge->value();
  } else if (const auto* read = std::get_if<Metrics::Read>(&member)) {
    set_number(to, type, (*read)());
  } else {
    to.histogram = to_cumulative(std::get<Histogram>(member));
  }
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {
  check(std::ranges::adjacent_find(bounds_, std::greater_equal<>()) == bounds_.end(),
        "the bounds of a histogram ascend");
}

void Histogram::observe(double value) {
  const auto place = std::ranges::lower_bound(bounds_, value);
  ++buckets_[static_cast<size_t>(place - bounds_.begin())];
  ++count_;
  sum_ += value;
}

std::vector<double> exponential_buckets(double start, double factor, size_t count) {
  std::vector<double> bounds;
  bounds.reserve(count);
  for (; count > 0; --count, start *= factor) bounds.push_back(start);
  return bounds;
}

struct Metrics::Families {
  struct Family {
    std::string help;
    MetricType type;
    std::map<MetricLabels, Member> members;
  };
  std::map<std::string, Family, std::less<>> all;

  Member& member(std::string_view name, std::string_view help, MetricType type, MetricLabels labels,
                 Member fresh) {
    check(is_name(name, true), "a metric's name");
    for (const auto& label : labels) check(is_name(label.first, false), "a label's name");
    std::ranges::sort(labels);
    auto found = all.find(name);
    if (found == all.end()) {
      found = all.emplace(std::string(name), Family{std::string(help), type, {}}).first;
    }
    check(found->second.type == type, "one name has one kind");
    return found->second.members.try_emplace(std::move(labels), std::move(fresh)).first->second;
  }
};

Metrics::Metrics() : families_(std::make_unique<Families>()) {}
Metrics::~Metrics() = default;

Counter& Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels) {
  return std::get<Counter>(
      families_->member(name, help, MetricType::Counter, std::move(labels), Counter()));
}

Gauge& Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels) {
  return std::get<Gauge>(
      families_->member(name, help, MetricType::Gauge, std::move(labels), Gauge()));
}

Histogram& Metrics::histogram(std::string_view name, std::string_view help,
                              std::vector<double> bounds, MetricLabels labels) {
  return std::get<Histogram>(families_->member(name, help, MetricType::Histogram, std::move(labels),
                                               Histogram(std::move(bounds))));
}

void Metrics::counter_by(std::string_view name, std::string_view help, MetricLabels labels,
                         Read read) {
  families_->member(name, help, MetricType::Counter, std::move(labels), std::move(read));
}

void Metrics::gauge_by(std::string_view name, std::string_view help, MetricLabels labels,
                       Read read) {
  families_->member(name, help, MetricType::Gauge, std::move(labels), std::move(read));
}

void Metrics::on_scrape(std::function<void()> update) {
  updates_.push_back(std::move(update));
}

std::string Metrics::page() {
  for (const auto& update : updates_) update();
  std::vector<prometheus::MetricFamily> families;
  families.reserve(families_->all.size());
  for (const auto& [name, family] : families_->all) {
    prometheus::MetricFamily& out = families.emplace_back();
    out.name = name;
    out.help = family.help;
    out.type = family.type;
    for (const auto& [labels, member] : family.members) {
      ClientMetric& metric = out.metric.emplace_back();
      for (const auto& [label, value] : labels) metric.label.push_back({label, value});
      set_value(metric, family.type, member);
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace argosy
