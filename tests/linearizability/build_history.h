// Histories written down briefly, for tests.
#pragma once

#include "tests/linearizability/history.h"

namespace argosy::linearizability {

inline Action get(Bytes key, Bytes value, int64_t mod_revision) {
  return {Action::Kind::kGet, std::move(key), "", 0, {std::move(value), mod_revision}, false};
}
inline Action get_absent(Bytes key) {
  return {Action::Kind::kGet, std::move(key), "", 0, {}, false};
}
inline Action put(Bytes key, Bytes value, int64_t lease = 0) {
  return {Action::Kind::kPut, std::move(key), std::move(value), lease, {}, false};
}
inline Action erase(Bytes key, bool did_delete) {
  return {Action::Kind::kDelete, std::move(key), "", 0, {}, did_delete};
}

// From `invoked` to `returned`, with the revision of the answer.
inline Operation op(int64_t invoked, int64_t returned, int64_t revision,
                    std::vector<Action> actions) {
  Operation operation;
  operation.invoked = invoked;
  operation.returned = returned;
  operation.revision = revision;
  operation.then = std::move(actions);
  return operation;
}
inline Operation lost(int64_t invoked, std::vector<Action> actions) {
  return op(invoked, kNever, 0, std::move(actions));
}
inline Operation cas(int64_t invoked, int64_t returned, int64_t revision, bool succeeded,
                     Comparison comparison, std::vector<Action> then,
                     std::vector<Action> otherwise = {}) {
  Operation operation = op(invoked, returned, revision, std::move(then));
  operation.comparisons = {std::move(comparison)};
  operation.otherwise = std::move(otherwise);
  operation.succeeded = succeeded;
  return operation;
}
inline Operation lease_end(int64_t invoked, int64_t returned, int64_t revision, int64_t lease) {
  Operation operation = op(invoked, returned, revision, {});
  operation.ended_lease = lease;
  return operation;
}

}  // namespace argosy::linearizability
