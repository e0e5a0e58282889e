#include "tests/linearizability/revisions.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>

#include "base/format.h"

namespace argosy::linearizability {
namespace {

void note(Findings& findings, std::string text) {
  if (findings.size() < kMostFindings) findings.push_back(std::move(text));
}

// The revision that a value got, for values that were written once.
using ByValue = std::unordered_map<Bytes, std::vector<const Event*>>;

ByValue by_value(const std::vector<Event>& events) {
  ByValue found;
  for (const Event& event : events) {
    if (event.value) found[*event.value].push_back(&event);
  }
  return found;
}

}  // namespace

Findings check_revisions(const History& history) {
  Findings findings;
  std::vector<const Operation*> invoked;
  std::vector<const Operation*> returned;
  std::map<int64_t, const Operation*> written;
  for (const Operation& operation : history) {
    if (!operation.is_known() || operation.revision == 0) continue;
    invoked.push_back(&operation);
    returned.push_back(&operation);
    if (!operation.has_written()) continue;
    const auto [it, is_new] = written.emplace(operation.revision, &operation);
    if (!is_new) {
      note(findings, format("two writes have the same revision:\n    {}\n    {}",
                            describe(*it->second), describe(operation)));
    }
  }
  std::sort(invoked.begin(), invoked.end(),
            [](auto* a, auto* b) { return a->invoked < b->invoked; });
  std::sort(returned.begin(), returned.end(),
            [](auto* a, auto* b) { return a->returned < b->returned; });
  const Operation* highest = nullptr;
  size_t next = 0;
  for (const Operation* operation : invoked) {
    for (; next < returned.size() && returned[next]->returned < operation->invoked; ++next) {
      if (highest == nullptr || returned[next]->revision > highest->revision) {
        highest = returned[next];
      }
    }
    if (highest == nullptr) continue;
    const bool writes = operation->has_written();
    if (operation->revision < highest->revision ||
        (writes && operation->revision == highest->revision)) {
      note(findings, format("the revision went back:\n    {}\n    and then {}", describe(*highest),
                            describe(*operation)));
    }
  }
  return findings;
}

Findings check_past_reads(const std::vector<PastRead>& reads, const std::vector<Event>& events) {
  Findings findings;
  std::map<Bytes, std::vector<const Event*>> by_key;
  for (const Event& event : events) by_key[event.key].push_back(&event);
  const auto expected = [&](const PastRead& read) -> Seen {
    const std::vector<const Event*>& of_key = by_key[read.key];
    const auto after = std::upper_bound(
        of_key.begin(), of_key.end(), read.revision,
        [](int64_t revision, const Event* event) { return revision < event->revision; });
    if (after == of_key.begin()) return {};
    const Event& last = **std::prev(after);
    return last.value ? Seen{last.value, last.revision} : Seen{};
  };
  for (const PastRead& read : reads) {
    const Seen right = expected(read);
    if (read.seen == right) continue;
    note(findings, format("{} said of {} at revision {}: {}@{}; it was {}@{}", read.where, read.key,
                          read.revision, read.seen.value.value_or("absent"), read.seen.mod_revision,
                          right.value.value_or("absent"), right.mod_revision));
  }
  return findings;
}

Findings check_writes(const History& history, const std::vector<Event>& events) {
  Findings findings;
  const ByValue found = by_value(events);
  for (const auto& [value, same] : found) {
    if (same.size() > 1) {
      note(findings,
           format("applied more than once: {} and {}", describe(*same[0]), describe(*same[1])));
    }
  }
  std::set<std::pair<int64_t, Bytes>> deletions;
  for (const Event& event : events) {
    if (!event.value) deletions.emplace(event.revision, event.key);
  }
  std::unordered_map<Bytes, const Operation*> origin;
  for (const Operation& operation : history) {
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      for (const Action& action : *actions) {
        if (action.kind == Action::Kind::kPut) origin.emplace(action.value, &operation);
      }
    }
    if (!operation.is_known()) continue;
    for (const Action& action : operation.taken()) {
      if (action.kind == Action::Kind::kPut) {
        const auto it = found.find(action.value);
        if (it == found.end() || it->second[0]->revision != operation.revision ||
            it->second[0]->key != action.key) {
          note(findings, format("an acknowledged write is lost: {}{}", describe(operation),
                                it == found.end() ? "" : "; found " + describe(*it->second[0])));
        }
      } else if (action.kind == Action::Kind::kDelete && action.did_delete &&
                 !deletions.contains({operation.revision, action.key})) {
        note(findings, format("an acknowledged deletion is lost: {}", describe(operation)));
      }
    }
  }
  for (const Event& event : events) {
    if (event.value && !origin.contains(*event.value)) {
      note(findings, format("nobody wrote this: {}", describe(event)));
    }
  }
  return findings;
}

}  // namespace argosy::linearizability
