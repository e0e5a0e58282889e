// Clients with overlapping operations against one store that does one thing at a time:
// their histories are linearizable by construction. For tests.
#pragma once

#include <map>

#include "base/format.h"
#include "tests/linearizability/history.h"

namespace argosy::linearizability {

struct Simulated {
  History history;
  std::vector<Event> events;
};

struct SimulationOptions {
  size_t clients = 4;
  size_t operations = 40;
  size_t keys = 3;
  uint64_t unknown_one_in = 8;  // answers that get lost
  bool knows_revisions = true;
};

// splitmix64, so that the folder stays pure.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t below(uint64_t bound) {
    uint64_t z = (state_ += 0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
    return (z ^ (z >> 31)) % bound;
  }

 private:
  uint64_t state_;
};

// The store. It shares no code with the model that it tests.
class Store {
 public:
  void apply(Operation& operation, std::vector<Event>& events) {
    operation.succeeded = true;
    for (const Comparison& comparison : operation.comparisons) {
      const bool same = mod_revision(comparison.key) == comparison.mod_revision;
      operation.succeeded = operation.succeeded && same;
    }
    auto& actions = operation.succeeded ? operation.then : operation.otherwise;
    bool changed = false;
    for (Action& action : actions) changed = apply(action, events) || changed;
    if (operation.ended_lease != 0) changed = end_lease(operation.ended_lease, events) || changed;
    if (changed) ++revision_;
    operation.revision = revision_;
  }

 private:
  struct Row {
    Event put;
  };

  int64_t mod_revision(const Bytes& key) const {
    const auto it = rows_.find(key);
    return it == rows_.end() ? 0 : it->second.put.revision;
  }

  bool apply(Action& action, std::vector<Event>& events) {
    const int64_t next = revision_ + 1;
    switch (action.kind) {
      case Action::Kind::kGet:
        action.seen = {};
        if (const auto it = rows_.find(action.key); it != rows_.end()) {
          action.seen = {it->second.put.value, it->second.put.revision};
        }
        return false;
      case Action::Kind::kPut:
        events.push_back({next, action.key, action.value, action.lease});
        rows_[action.key] = {events.back()};
        return true;
      case Action::Kind::kDelete:
        action.did_delete = rows_.erase(action.key) > 0;
        if (action.did_delete) events.push_back({next, action.key, std::nullopt, 0});
        return action.did_delete;
    }
    return false;
  }

  bool end_lease(int64_t lease, std::vector<Event>& events) {
    const size_t before = events.size();
    for (auto it = rows_.begin(); it != rows_.end();) {
      if (it->second.put.lease != lease) {
        ++it;
        continue;
      }
      events.push_back({revision_ + 1, it->first, std::nullopt, 0});
      it = rows_.erase(it);
    }
    return events.size() > before;
  }

  std::map<Bytes, Row> rows_;
  int64_t revision_ = 1;
};

class Simulation {
 public:
  Simulation(uint64_t seed, const SimulationOptions& options)
      : dice_(seed), options_(options), clients_(options.clients) {}

  Simulated run() {
    size_t begun = 0;
    while (begun < options_.operations || has_pending()) {
      Client& client = clients_[dice_.below(clients_.size())];
      ++now_;
      if (!client.pending) {
        if (begun == options_.operations) continue;
        ++begun;
        begin(client);
      } else if (!client.applied) {
        step(client);
      } else {
        finish(client);
      }
    }
    return std::move(out_);
  }

 private:
  struct Client {
    std::optional<Operation> pending;
    bool applied = false;
    bool is_lost = false;  // no answer will come, and perhaps it never happens
  };

  bool has_pending() const {
    for (const Client& client : clients_) {
      if (client.pending) return true;
    }
    return false;
  }

  Bytes any_key() { return format("k{}", dice_.below(options_.keys)); }
  Bytes new_value() { return format("v{}", ++values_); }
  Action any_action() {
    switch (dice_.below(4)) {
      case 0:
        return {Action::Kind::kPut, any_key(), new_value(), 0, {}, false};
      case 1:
        return {Action::Kind::kDelete, any_key(), "", 0, {}, false};
      default:
        return {Action::Kind::kGet, any_key(), "", 0, {}, false};
    }
  }

  void begin(Client& client) {
    Operation operation;
    operation.client = static_cast<uint64_t>(&client - clients_.data());
    operation.invoked = now_;
    // Who knows no revisions has nothing to compare.
    switch (dice_.below(8) + (options_.knows_revisions ? 0 : 1)) {
      case 0: {
        const Bytes key = any_key();
        operation.comparisons = {{key, told_[key]}};
        operation.then = {{Action::Kind::kPut, key, new_value(), 0, {}, false}};
        operation.otherwise = {{Action::Kind::kGet, key, "", 0, {}, false}};
        break;
      }
      case 1:
        operation.then = {{Action::Kind::kPut, "k0", new_value(), 0, {}, false},
                          {Action::Kind::kPut, "k1", new_value(), 0, {}, false}};
        break;
      case 2: {
        // Keys with leases are never deleted by name.
        const auto lease = static_cast<int64_t>(dice_.below(3) + 1);
        operation.then = {{Action::Kind::kPut, "leased", new_value(), lease, {}, false}};
        break;
      }
      case 3:
        operation.ended_lease = static_cast<int64_t>(dice_.below(3) + 1);
        break;
      case 4:
        operation.then = {{Action::Kind::kGet, "leased", "", 0, {}, false}};
        break;
      default:
        operation.then = {any_action()};
        break;
    }
    // The end of a lease is always answered: which of several ended it could not be told.
    client.is_lost = operation.ended_lease == 0 && dice_.below(options_.unknown_one_in) == 0;
    client.applied = client.is_lost && dice_.below(2) == 0;
    client.pending = std::move(operation);
  }

  void step(Client& client) {
    if (dice_.below(3) == 0) return;
    store_.apply(*client.pending, out_.events);
    client.applied = true;
  }

  void finish(Client& client) {
    Operation operation = *std::exchange(client.pending, std::nullopt);
    operation.returned = now_;
    if (!client.is_lost) learn(operation);
    if (client.is_lost) {
      operation.returned = kNever;
      operation.revision = 0;
    }
    if (!options_.knows_revisions) operation.revision = 0;
    out_.history.push_back(std::move(operation));
  }

  // What clients may compare with is what an answer told them.
  void learn(const Operation& operation) {
    for (const Action& action : operation.taken()) {
      if (action.kind == Action::Kind::kGet) told_[action.key] = action.seen.mod_revision;
      if (action.kind == Action::Kind::kPut) told_[action.key] = operation.revision;
      if (action.kind == Action::Kind::kDelete) told_[action.key] = 0;
    }
  }

  Dice dice_;
  SimulationOptions options_;
  std::vector<Client> clients_;
  Store store_;
  std::map<Bytes, int64_t> told_;
  Simulated out_;
  int64_t now_ = 0;
  uint64_t values_ = 0;
};

inline Simulated simulate(uint64_t seed, const SimulationOptions& options) {
  return Simulation(seed, options).run();
}

}  // namespace argosy::linearizability
