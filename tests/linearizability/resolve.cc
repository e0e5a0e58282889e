#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <unordered_map>

#include "base/format.h"
#include "tests/linearizability/revisions.h"

namespace argosy::linearizability {
namespace {

class Resolver {
 public:
  Resolver(const History& history, const std::vector<Event>& events) : events_(events) {
    for (const Event& event : events) {
      if (event.value) revisions_.emplace(*event.value, event.revision);
    }
    for (const Operation& operation : history) {
      Operation& kept = resolved_.history.emplace_back(operation);
      if (!kept.is_known()) kept.revision = revision_of_put(kept);
      if (kept.revision != 0) explain(kept);
    }
  }

  Resolved run() && {
    find_orphans();
    std::vector<Operation*> unknown;
    for (Operation& operation : resolved_.history) {
      const bool is_open = !operation.is_known() || operation.ended_lease != 0;
      if (is_open && operation.revision == 0) unknown.push_back(&operation);
    }
    // All may still happen at any later time, so the earliest can explain the most.
    std::sort(unknown.begin(), unknown.end(),
              [](auto* a, auto* b) { return std::tie(a->invoked, a) < std::tie(b->invoked, b); });
    for (Operation* operation : unknown) operation->revision = revision_of_deletion(*operation);
    std::erase_if(resolved_.history, [](const Operation& operation) {
      return !operation.is_known() && operation.revision == 0;
    });
    for (const auto& [key, left] : orphans_) {
      for (const int64_t revision : left) note(format("nobody deleted {} at {}", key, revision));
    }
    for (const auto& [lease, revision] : lease_ends_) {
      note(format("lease {:x} ended at revision {}, of which nobody knows", lease, revision));
    }
    return std::move(resolved_);
  }

 private:
  // A lease's end is remembered even when it changed nothing; then no event has both its
  // revision and its lease.
  void explain(const Operation& operation) {
    if (operation.ended_lease != 0) {
      explained_ends_.emplace(operation.revision, operation.ended_lease);
    }
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      for (const Action& action : *actions) {
        const bool may_delete = !operation.is_known() || action.did_delete;
        if (action.kind == Action::Kind::kDelete && may_delete) {
          explained_.emplace(operation.revision, action.key);
        }
      }
    }
  }

  int64_t revision_of_put(const Operation& operation) const {
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      for (const Action& action : *actions) {
        if (action.kind != Action::Kind::kPut) continue;
        const auto it = revisions_.find(action.value);
        if (it != revisions_.end()) return it->second;
      }
    }
    return 0;
  }

  void find_orphans() {
    std::unordered_map<Bytes, int64_t> lease_of;
    for (const Event& event : events_) {
      if (event.value) {
        lease_of[event.key] = event.lease;
        continue;
      }
      const int64_t lease = std::exchange(lease_of[event.key], 0);
      if (explained_.contains({event.revision, event.key})) continue;
      if (explained_ends_.contains({event.revision, lease})) continue;
      if (lease == 0) {
        orphans_[event.key].push_back(event.revision);
        continue;
      }
      const auto [it, is_new] = lease_ends_.emplace(lease, event.revision);
      if (!is_new && it->second != event.revision) {
        note(format("lease {:x} ended twice, at {} and {}", lease, it->second, event.revision));
      }
    }
  }

  // Takes away what it explains.
  int64_t revision_of_deletion(const Operation& operation) {
    if (const auto ended = lease_ends_.find(operation.ended_lease); ended != lease_ends_.end()) {
      return lease_ends_.extract(ended).mapped();
    }
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      // What also puts would have left its value among the events.
      const bool puts = std::any_of(actions->begin(), actions->end(), [](const Action& action) {
        return action.kind == Action::Kind::kPut;
      });
      if (puts) continue;
      for (const Action& action : *actions) {
        if (action.kind != Action::Kind::kDelete) continue;
        const auto it = orphans_.find(action.key);
        if (it == orphans_.end() || it->second.empty()) continue;
        const int64_t revision = it->second.front();
        it->second.pop_front();
        return revision;
      }
    }
    return 0;
  }

  void note(std::string text) {
    if (resolved_.findings.size() < kMostFindings) resolved_.findings.push_back(std::move(text));
  }

  const std::vector<Event>& events_;
  std::unordered_map<Bytes, int64_t> revisions_;          // by value
  std::set<std::pair<int64_t, Bytes>> explained_;         // deletions, by key
  std::set<std::pair<int64_t, int64_t>> explained_ends_;  // and by lease
  std::map<Bytes, std::deque<int64_t>> orphans_;          // deletions, by key
  std::map<int64_t, int64_t> lease_ends_;
  Resolved resolved_;
};

}  // namespace

Resolved resolve_unknown(const History& history, const std::vector<Event>& events) {
  return Resolver(history, events).run();
}

}  // namespace argosy::linearizability
