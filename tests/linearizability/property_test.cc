// Random histories of a simulated store pass; what breaks them makes them fail.
#include <cstdlib>
#include <doctest/doctest.h>

#include "tests/linearizability/check.h"
#include "tests/linearizability/revisions.h"
#include "tests/linearizability/simulated_register.h"
#include "tests/linearizability/streams.h"

namespace argosy::linearizability {
namespace {

struct Seeds {
  uint64_t first = 1;
  uint64_t count = std::getenv("ARGOSY_LONG") != nullptr ? 200'000 : 1'000;
  Seeds() {
    if (const char* one = std::getenv("ARGOSY_SEED")) {
      first = std::strtoull(one, nullptr, 10);
      count = 1;
    }
  }
};

// From the seed a size, so that small histories and crowded ones occur.
SimulationOptions options_of(uint64_t seed) {
  SimulationOptions options;
  options.clients = 1 + seed % 7;
  options.operations = 10 + seed % 51;
  options.keys = 1 + seed % 3;
  options.unknown_one_in = 4 + seed % 13;
  options.knows_revisions = seed % 4 != 0;
  return options;
}

// Not overlapping: a was answered before b was asked.
bool before(const Operation& a, const Operation& b) {
  return a.returned < b.invoked;
}

bool puts(const Operation& operation, const Bytes& key) {
  if (!operation.is_known()) return false;
  return std::any_of(operation.taken().begin(), operation.taken().end(), [&](const Action& action) {
    return action.kind == Action::Kind::kPut && action.key == key;
  });
}

Bytes value_put(const Operation& operation, const Bytes& key) {
  for (const Action& action : operation.taken()) {
    if (action.kind == Action::Kind::kPut && action.key == key) return action.value;
  }
  return "";
}

// Calls `change` with every answered read of a key until one says that it broke it.
template <typename Change>
bool break_a_read(History& history, const Change& change) {
  for (Operation& operation : history) {
    if (!operation.is_known()) continue;
    for (Action& action : operation.succeeded ? operation.then : operation.otherwise) {
      if (action.kind == Action::Kind::kGet && change(operation, action)) return true;
    }
  }
  return false;
}

bool break_with_phantom(History& history) {
  return break_a_read(history, [](const Operation& operation, Action& action) {
    action.seen = {"phantom", operation.revision + 1};
    return true;
  });
}

// A read gets a value that was overwritten before the read began, by a write that began
// after the value's own was answered.
bool break_with_stale_read(History& history) {
  return break_a_read(history, [&](const Operation& read, Action& action) {
    for (const Operation& old : history) {
      if (!puts(old, action.key) || old.revision == 0) continue;
      for (const Operation& newer : history) {
        if (!puts(newer, action.key) || !before(old, newer) || !before(newer, read)) continue;
        action.seen = {value_put(old, action.key), old.revision};
        return true;
      }
    }
    return false;
  });
}

// A read before which the key was written, in a history where nothing ever deletes it.
bool break_with_lost_write(History& history) {
  const auto is_ever_deleted = [&](const Bytes& key) {
    return key == "leased" || std::any_of(history.begin(), history.end(), [&](const Operation& o) {
             return std::any_of(o.then.begin(), o.then.end(), [&](const Action& action) {
               return action.kind == Action::Kind::kDelete && action.key == key;
             });
           });
  };
  return break_a_read(history, [&](const Operation& read, Action& action) {
    if (is_ever_deleted(action.key)) return false;
    for (const Operation& write : history) {
      if (!puts(write, action.key) || !before(write, read)) continue;
      action.seen = {};
      return true;
    }
    return false;
  });
}

// A second one swaps the same revision away.
bool break_with_second_swap(History& history) {
  for (const Operation& operation : history) {
    if (!operation.is_known() || !operation.succeeded || operation.comparisons.empty()) continue;
    if (operation.comparisons[0].mod_revision == 0) continue;
    Operation twin = operation;
    twin.then[0].value += "'";
    twin.revision = 0;
    history.push_back(std::move(twin));
    return true;
  }
  return false;
}

// Two writes, one after the other, with revisions the other way round.
bool break_with_reorder(History& history) {
  for (Operation& a : history) {
    for (Operation& b : history) {
      const bool write_same = a.is_known() && b.is_known() && a.revision != 0 && b.revision != 0 &&
                              puts(a, "k0") && puts(b, "k0");
      if (!write_same || !before(a, b)) continue;
      std::swap(a.revision, b.revision);
      return true;
    }
  }
  return false;
}

TEST_CASE("histories of a store that does one thing at a time are linearizable") {
  const Seeds seeds;
  for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
    INFO("ARGOSY_SEED=" << seed);
    const Simulated simulated = simulate(seed, options_of(seed));
    const Judgement judged = check_group(simulated.history);
    INFO(judged.explanation);
    REQUIRE(judged.verdict == Verdict::kLinearizable);
    if (!options_of(seed).knows_revisions) continue;
    const Resolved resolved = resolve_unknown(simulated.history, simulated.events);
    REQUIRE(resolved.findings.empty());
    REQUIRE(check_group(resolved.history).verdict == Verdict::kLinearizable);
    REQUIRE(check_revisions(simulated.history).empty());
    REQUIRE(check_writes(simulated.history, simulated.events).empty());
  }
}

TEST_CASE("broken histories are not linearizable") {
  const Seeds seeds;
  using Break = bool (*)(History&);
  constexpr std::pair<const char*, Break> kBreaks[] = {
      {"phantom", break_with_phantom},       {"stale read", break_with_stale_read},
      {"lost write", break_with_lost_write}, {"second swap", break_with_second_swap},
      {"reordered", break_with_reorder},
  };
  for (const auto& [name, apply] : kBreaks) {
    uint64_t broken = 0;
    uint64_t undecided = 0;  // without revisions the search can take too long
    for (uint64_t seed = seeds.first; seed < seeds.first + seeds.count; ++seed) {
      Simulated simulated = simulate(seed, options_of(seed));
      if (!apply(simulated.history)) continue;
      ++broken;
      INFO(name << " ARGOSY_SEED=" << seed);
      const Judgement judged = check_group(simulated.history, {.steps = 300'000});
      REQUIRE(judged.verdict != Verdict::kLinearizable);
      if (judged.verdict == Verdict::kUndecided) {
        ++undecided;
        continue;
      }
      REQUIRE(!judged.explanation.empty());
    }
    INFO(name);
    CHECK((seeds.count == 1 || broken > seeds.count / 100));
    CHECK(undecided <= broken / 50);
  }
}

TEST_CASE("a history of many thousand operations is judged at once") {
  SimulationOptions options;
  options.clients = 16;
  options.operations = 20'000;
  options.unknown_one_in = 50;
  const Simulated simulated = simulate(7, options);
  const Resolved resolved = resolve_unknown(simulated.history, simulated.events);
  const Judgement judged = check_group(resolved.history);
  INFO(judged.explanation);
  CHECK(judged.verdict == Verdict::kLinearizable);
  CHECK(judged.steps < 20'000'000);
}

}  // namespace
}  // namespace argosy::linearizability
