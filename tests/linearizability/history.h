// What clients of a key-value store saw: operations with the times between which they
// took effect, and streams of events. Plain values; times are nanoseconds of one clock.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace argosy::linearizability {

inline constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

// A key's content. The value is empty exactly when the key is absent; then the revision
// is 0.
struct Seen {
  std::optional<Bytes> value;
  int64_t mod_revision = 0;

  bool operator==(const Seen&) const = default;
};

struct Action {
  enum class Kind : uint8_t { kGet, kPut, kDelete };
  Kind kind = Kind::kGet;
  Bytes key;
  Bytes value;        // of a put; unique in the history
  int64_t lease = 0;  // of a put
  // The answer, unless the outcome is unknown: what a get saw, whether a delete found
  // something.
  Seen seen;
  bool did_delete = false;
};

// The key's mod_revision is this; 0: the key is absent.
struct Comparison {
  Bytes key;
  int64_t mod_revision = 0;
};

// Every request is a transaction: a put is one without comparisons.
struct Operation {
  uint64_t client = 0;
  std::string where;  // the member that was asked, for people
  int64_t invoked = 0;
  int64_t returned = kNever;  // kNever: the outcome is unknown
  std::vector<Comparison> comparisons;
  std::vector<Action> then;
  std::vector<Action> otherwise;
  // Deletes the keys that hold this lease, besides the above; 0: none.
  int64_t ended_lease = 0;
  bool succeeded = true;  // the comparisons held
  // Of the answer's header; 0: unknown. For an operation that wrote it is the writes'. One
  // without an answer has it when the effect was seen elsewhere, so that it did happen.
  int64_t revision = 0;

  bool is_known() const { return returned != kNever; }
  // The branch that an answered operation took.
  const std::vector<Action>& taken() const { return succeeded ? then : otherwise; }
  // An answered one changed something.
  bool has_written() const;
};

using History = std::vector<Operation>;

// "client 3 at n1 [12, 40] revision 7: if mod(k)=5 then put k=v7 -> ok"
std::string describe(const Operation& operation);

struct Event {
  int64_t revision = 0;
  Bytes key;
  std::optional<Bytes> value;  // nothing: deleted
  int64_t lease = 0;

  bool operator==(const Event&) const = default;
};
std::string describe(const Event& event);

// Events as one watcher got them, from `first` (the revision that it asked for) up to
// `last`, all of which it must have got.
struct EventStream {
  std::string name;
  Bytes from_key;  // the range [from_key, to_key) that it watched
  Bytes to_key;
  int64_t first = 1;
  int64_t last = 0;
  std::vector<Event> events;
};

}  // namespace argosy::linearizability
