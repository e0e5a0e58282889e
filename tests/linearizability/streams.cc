#include "tests/linearizability/streams.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/format.h"

namespace argosy::linearizability {

Findings check_order(const EventStream& stream) {
  Findings findings;
  const auto note = [&](std::string text) {
    if (findings.size() < kMostFindings) {
      findings.push_back(format("watch {}: {}", stream.name, text));
    }
  };
  int64_t last = 0;
  std::set<Bytes> of_revision;
  for (const Event& event : stream.events) {
    if (event.revision < last) {
      note(format("out of order after revision {}: {}", last, describe(event)));
    }
    if (event.revision != last) of_revision.clear();
    last = event.revision;
    if (!of_revision.insert(event.key).second) note("twice: " + describe(event));
    if (event.revision < stream.first || event.revision > stream.last) {
      note(format("outside of [{}, {}]: {}", stream.first, stream.last, describe(event)));
    }
    if (event.key < stream.from_key || event.key >= stream.to_key) {
      note("another's key: " + describe(event));
    }
  }
  return findings;
}

Findings check_same(const EventStream& stream, const EventStream& reference) {
  std::vector<Event> expected;
  for (const Event& event : reference.events) {
    if (event.revision >= stream.first && event.revision <= stream.last &&
        event.key >= stream.from_key && event.key < stream.to_key) {
      expected.push_back(event);
    }
  }
  const std::vector<Event>& got = stream.events;
  const size_t both = std::min(expected.size(), got.size());
  for (size_t i = 0; i < both; ++i) {
    if (got[i] == expected[i]) continue;
    return {format("watch {} differs from {} at its event {}: got {}, expected {}", stream.name,
                   reference.name, i, describe(got[i]), describe(expected[i]))};
  }
  if (got.size() < expected.size()) {
    return {format("watch {} lacks {} events that {} has, the first is {}", stream.name,
                   expected.size() - got.size(), reference.name, describe(expected[both]))};
  }
  if (got.size() > expected.size()) {
    return {format("watch {} has {} events more than {}, the first is {}", stream.name,
                   got.size() - expected.size(), reference.name, describe(got[both]))};
  }
  return {};
}

std::vector<std::pair<Bytes, Seen>> replay(const std::vector<Event>& events) {
  std::map<Bytes, Seen> content;
  for (const Event& event : events) {
    if (event.value) {
      content[event.key] = {event.value, event.revision};
    } else {
      content.erase(event.key);
    }
  }
  return {content.begin(), content.end()};
}

}  // namespace argosy::linearizability
