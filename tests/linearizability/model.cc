#include "tests/linearizability/model.h"

#include <algorithm>

namespace argosy::linearizability {

bool Model::holds(const std::vector<Comparison>& comparisons) const {
  return std::all_of(comparisons.begin(), comparisons.end(), [this](const Comparison& comparison) {
    const auto it = keys_.find(comparison.key);
    return comparison.mod_revision == (it == keys_.end() ? 0 : it->second.mod_revision);
  });
}

// etcd applies a transaction's actions in order, but none may see what another of the
// same transaction wrote to the same key, since it refuses duplicate puts; gets of our
// clients are of keys that the transaction does not write.
bool Model::answers(const std::vector<Action>& actions) const {
  return std::all_of(actions.begin(), actions.end(), [this](const Action& action) {
    const auto it = keys_.find(action.key);
    switch (action.kind) {
      case Action::Kind::kPut:
        return true;
      case Action::Kind::kDelete:
        return action.did_delete == (it != keys_.end());
      case Action::Kind::kGet:
        if (it == keys_.end()) return !action.seen.value.has_value();
        return action.seen.value == it->second.value &&
               action.seen.mod_revision == it->second.mod_revision;
    }
    return false;
  });
}

bool Model::change(const Operation& operation, const std::vector<Action>& actions,
                   int64_t revision) {
  bool changed = false;
  for (const Action& action : actions) {
    if (action.kind == Action::Kind::kPut) {
      keys_[action.key] = {action.value, revision, action.lease};
      changed = true;
    } else if (action.kind == Action::Kind::kDelete) {
      changed = keys_.erase(action.key) > 0 || changed;
    }
  }
  if (operation.ended_lease != 0) {
    changed = std::erase_if(keys_,
                            [&](const auto& entry) {
                              return entry.second.lease == operation.ended_lease;
                            }) > 0 ||
              changed;
  }
  return changed;
}

bool Model::step(const Operation& operation, size_t number) {
  const bool held = holds(operation.comparisons);
  const std::vector<Action>& actions = held ? operation.then : operation.otherwise;
  const bool is_known = operation.is_known();
  if (is_known && (held != operation.succeeded || !answers(actions))) return false;
  const bool has_revision = operation.revision != 0;
  const int64_t revision = has_revision ? operation.revision : -1 - static_cast<int64_t>(number);
  const bool changed = change(operation, actions, revision);
  if (!has_revision) return true;
  // One without an answer has a revision only because somebody saw what it did.
  if (!is_known && !changed) return false;
  if (changed ? revision <= revision_ : revision < revision_) return false;
  revision_ = revision;
  return true;
}

Bytes Model::fingerprint() const {
  Bytes text;
  append_be64(text, static_cast<uint64_t>(revision_));
  for (const auto& [key, content] : keys_) {
    append_be32(text, static_cast<uint32_t>(key.size()));
    text += key;
    append_be32(text, static_cast<uint32_t>(content.value.size()));
    text += content.value;
    append_be64(text, static_cast<uint64_t>(content.mod_revision));
    append_be64(text, static_cast<uint64_t>(content.lease));
  }
  return text;
}

}  // namespace argosy::linearizability
