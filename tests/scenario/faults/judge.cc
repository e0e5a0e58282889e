#include "base/format.h"
#include "base/text.h"
#include "tests/linearizability/check.h"
#include "tests/scenario/faults/verdict.h"
#include "tests/scenario/faults/workload.h"

namespace argosy::faults {
namespace {

using linearizability::Event;
using linearizability::Findings;
using linearizability::History;
using linearizability::Operation;

void add(std::vector<std::string>& to, const Findings& findings) {
  to.insert(to.end(), findings.begin(), findings.end());
}

// Each counter counts one by one, and nobody's addition is missing or there twice.
Findings check_counters(const History& history, const std::vector<Event>& events) {
  struct Counter {
    uint64_t value = 0;
    uint64_t acknowledged = 0;
    uint64_t perhaps = 0;
  };
  Findings findings;
  std::map<Bytes, Counter> counters;
  for (const Event& event : events) {
    if (!event.key.starts_with("c")) continue;
    Counter& counter = counters[event.key];
    const auto value =
        parse_uint(event.value.value_or("").substr(0, event.value.value_or("").find('#')));
    if (!value || *value != counter.value + 1) {
      findings.push_back(format("a counter went from {}: {}", counter.value, describe(event)));
    }
    counter.value = value.value_or(0);
  }
  for (const Operation& operation : history) {
    if (operation.comparisons.empty() || !operation.comparisons[0].key.starts_with("c")) continue;
    Counter& counter = counters[operation.comparisons[0].key];
    if (!operation.is_known()) ++counter.perhaps;
    if (operation.is_known() && operation.succeeded) ++counter.acknowledged;
  }
  for (const auto& [key, counter] : counters) {
    if (counter.value < counter.acknowledged ||
        counter.value > counter.acknowledged + counter.perhaps) {
      findings.push_back(format("{} is {} after {} acknowledged and {} unknown additions", key,
                                counter.value, counter.acknowledged, counter.perhaps));
    }
  }
  return findings;
}

History with_lease_ends(const Record& record) {
  History history = record.history;
  for (const auto& [id, lease] : record.leases) {
    Operation& end = history.emplace_back();
    end.invoked = lease.may_end;
    end.ended_lease = id;
  }
  return history;
}

}  // namespace

Judged judge(const Record& record, const std::vector<std::unique_ptr<Watcher>>& watchers,
             const Agreement& agreement) {
  Judged judged;
  std::vector<linearizability::EventStream> stories;
  for (const auto& watcher : watchers) {
    add(judged.findings, watcher->findings());
    stories.push_back(watcher->story(agreement.revision));
    add(judged.findings, check_order(stories.back()));
    add(judged.findings, check_same(stories.back(), stories.front()));
  }
  const std::vector<Event>& events = stories.front().events;
  if (linearizability::replay(events) != agreement.content) {
    judged.findings.push_back("the members' content is not what all events lead to");
  }
  add(judged.findings, check_counters(record.history, events));
  add(judged.findings, check_revisions(record.history));
  add(judged.findings, check_writes(record.history, events));
  add(judged.findings, check_past_reads(record.past_reads, events));
  const linearizability::Resolved resolved = resolve_unknown(with_lease_ends(record), events);
  add(judged.findings, resolved.findings);
  const linearizability::Judgement verdict =
      check_linearizable(resolved.history, Workload::group_of);
  judged.steps = verdict.steps;
  judged.is_undecided = verdict.verdict == linearizability::Verdict::kUndecided;
  if (verdict.verdict != linearizability::Verdict::kLinearizable) {
    judged.findings.push_back(format(
        "{}: {}", judged.is_undecided ? "undecided" : "not linearizable", verdict.explanation));
  }
  return judged;
}

}  // namespace argosy::faults
