#include "tests/linearizability/history.h"

#include <algorithm>

#include "base/format.h"

namespace argosy::linearizability {
namespace {

std::string describe(const Seen& seen) {
  return seen.value ? format("{}@{}", *seen.value, seen.mod_revision) : "absent";
}

std::string describe(const Action& action, bool is_known) {
  switch (action.kind) {
    case Action::Kind::kGet:
      return format("get {}{}", action.key, is_known ? " saw " + describe(action.seen) : "");
    case Action::Kind::kPut:
      return format("put {}={}{}", action.key, action.value,
                    action.lease != 0 ? format(" lease {:x}", action.lease) : "");
    case Action::Kind::kDelete:
      return format("delete {}{}", action.key,
                    !is_known           ? ""
                    : action.did_delete ? " found it"
                                        : " found nothing");
  }
  return "";
}

std::string describe(const std::vector<Action>& actions, bool is_known) {
  std::string text;
  for (const Action& action : actions) {
    if (!text.empty()) text += ", ";
    text += describe(action, is_known);
  }
  return text;
}

}  // namespace

bool Operation::has_written() const {
  return std::any_of(taken().begin(), taken().end(), [](const Action& action) {
    return action.kind == Action::Kind::kPut ||
           (action.kind == Action::Kind::kDelete && action.did_delete);
  });
}

std::string describe(const Operation& operation) {
  const bool known = operation.is_known();
  std::string text =
      format("client {}{} [{}, {}]", operation.client,
             operation.where.empty() ? "" : " at " + operation.where, operation.invoked,
             known ? std::to_string(operation.returned) : "unknown");
  if (operation.revision != 0) text += format(" revision {}", operation.revision);
  text += ": ";
  for (const Comparison& comparison : operation.comparisons) {
    text += format("if mod({})={} ", comparison.key, comparison.mod_revision);
  }
  if (operation.ended_lease != 0) text += format("lease {:x} ends ", operation.ended_lease);
  if (operation.comparisons.empty() || !known) {
    text += describe(operation.then, known);
    if (!operation.otherwise.empty()) text += " else " + describe(operation.otherwise, known);
    return text;
  }
  return text + (operation.succeeded ? "held: " : "did not hold: ") +
         describe(operation.taken(), known);
}

std::string describe(const Event& event) {
  return format("{} {} {}", event.revision, event.value ? "put" : "delete",
                event.value ? event.key + "=" + *event.value : event.key);
}

}  // namespace argosy::linearizability
