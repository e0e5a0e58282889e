// The store that a history is measured against: one group of keys, one operation at a
// time. Private to this folder and its tests.
#pragma once

#include <map>

#include "tests/linearizability/history.h"

namespace argosy::linearizability {

class Model {
 public:
  struct Content {
    Bytes value;
    int64_t mod_revision = 0;
    int64_t lease = 0;
    bool operator==(const Content&) const = default;
  };

  // Does the operation; false when the answer that it got is not the one that this state
  // gives, and then the model is of no more use. `number` names the operation: a write
  // whose revision nobody knows gets one that no comparison can name.
  bool step(const Operation& operation, size_t number);

  // Equal for equal states, different for different ones.
  Bytes fingerprint() const;

 private:
  bool holds(const std::vector<Comparison>& comparisons) const;
  bool answers(const std::vector<Action>& actions) const;
  bool change(const Operation& operation, const std::vector<Action>& actions, int64_t revision);

  std::map<Bytes, Content> keys_;
  // No write after this can have a revision that is not larger.
  int64_t revision_ = 0;
};

}  // namespace argosy::linearizability
