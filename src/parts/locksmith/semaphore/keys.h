// Where the semaphores lie in etcd, and what lies beside them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace argosy::locksmith {

// As Go's url.QueryEscape: a space becomes '+', all but letters, digits and "-_.~" %XX.
std::string query_escape(std::string_view text);

// "coreos.com/updateengine/rebootlock/semaphore", or with a group
// ".../groups/GROUP/semaphore". The groups "." and ".." lose their folder, as a path
// does that the original cleans.
std::string semaphore_key(std::string_view group);

// Who holds the lock and since when: ".../holders/MACHINE", the place that the original's
// documents name for it and no release has written. It is a note: what it says is never
// needed to lock or to unlock, and the semaphore's own bytes stay as they are.
std::string holder_key(std::string_view group, std::string_view id);
// What all of a group's notes begin with.
std::string holder_prefix(std::string_view group);

struct HolderNote {
  std::string machine;
  int64_t since_unix_seconds = 0;

  bool operator==(const HolderNote&) const = default;
};
// {"machineID":"69d2...","startTime":1397496396}
std::string to_json(const HolderNote& note);
Result<HolderNote> parse_holder_note(std::string_view json);

}  // namespace argosy::locksmith
