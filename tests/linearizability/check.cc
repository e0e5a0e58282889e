#include "tests/linearizability/check.h"

#include <algorithm>
#include <map>
#include <set>
#include <tuple>
#include <unordered_set>

#include "base/check.h"
#include "base/format.h"
#include "tests/linearizability/model.h"

namespace argosy::linearizability {
namespace {

constexpr size_t kNone = ~size_t{0};
constexpr size_t kShownBefore = 12;
constexpr size_t kShownAfter = 24;

// Calls and returns in order of time, as a list from which both ends of an operation can
// be taken and put back in reverse order (Knuth's dancing links).
class Timeline {
 public:
  struct Node {
    size_t operation = 0;
    size_t partner = kNone;  // of a call: its return; of a return: kNone
    size_t previous = kNone;
    size_t next = kNone;
  };

  explicit Timeline(const History& history) {
    struct Moment {
      int64_t at;
      bool is_return;
      size_t operation;
    };
    std::vector<Moment> moments;
    for (size_t i = 0; i < history.size(); ++i) {
      moments.push_back({history[i].invoked, false, i});
      if (history[i].is_known()) moments.push_back({history[i].returned, true, i});
    }
    // At the same moment calls come first: what may overlap does.
    std::sort(moments.begin(), moments.end(), [](const Moment& a, const Moment& b) {
      return std::tie(a.at, a.is_return, a.operation) < std::tie(b.at, b.is_return, b.operation);
    });
    nodes_.resize(moments.size() + 1);
    std::vector<size_t> call_of(history.size(), kNone);
    for (size_t i = 0; i < moments.size(); ++i) {
      Node& node = nodes_[i + 1];
      node.operation = moments[i].operation;
      node.previous = i;
      nodes_[i].next = i + 1;
      is_return_.push_back(moments[i].is_return);
      if (moments[i].is_return) {
        nodes_[call_of[node.operation]].partner = i + 1;
      } else {
        call_of[node.operation] = i + 1;
      }
    }
  }

  size_t first() const { return nodes_[0].next; }
  const Node& operator[](size_t at) const { return nodes_[at]; }
  bool is_return(size_t at) const { return is_return_[at - 1]; }

  void take(size_t call) {
    unlink(call);
    if (nodes_[call].partner != kNone) unlink(nodes_[call].partner);
  }
  void put_back(size_t call) {
    if (nodes_[call].partner != kNone) relink(nodes_[call].partner);
    relink(call);
  }

 private:
  void unlink(size_t at) {
    nodes_[nodes_[at].previous].next = nodes_[at].next;
    if (nodes_[at].next != kNone) nodes_[nodes_[at].next].previous = nodes_[at].previous;
  }
  void relink(size_t at) {
    nodes_[nodes_[at].previous].next = at;
    if (nodes_[at].next != kNone) nodes_[nodes_[at].next].previous = at;
  }

  std::vector<Node> nodes_;  // the first is the list's head
  std::vector<bool> is_return_;
};

// Depth first: take any operation that was called before the first return that is left;
// when a return is reached that way, the last choice was wrong.
class Search {
 public:
  Search(History history, Budget budget)
      : history_(std::move(history)),
        budget_(budget),
        timeline_(history_),
        taken_((history_.size() + 7) / 8, '\0') {
    for (size_t i = 0; i < history_.size(); ++i) {
      answered_ += history_[i].is_known() ? 1 : 0;
      if (has_place(history_[i])) writes_.push_back(i);
    }
    std::sort(writes_.begin(), writes_.end(), [this](size_t a, size_t b) {
      return std::tie(history_[a].revision, a) < std::tie(history_[b].revision, b);
    });
  }

  Judgement run() {
    Judgement judgement;
    size_t at = timeline_.first();
    while (answered_ > 0) {
      if (judgement.steps++ >= budget_.steps || seen_bytes_ >= budget_.bytes) {
        judgement.verdict = Verdict::kUndecided;
        return judgement;
      }
      if (at != kNone && !timeline_.is_return(at)) {
        at = try_call(at);
        continue;
      }
      if (choices_.empty()) {
        judgement.verdict = Verdict::kNotLinearizable;
        judgement.explanation = explain();
        return judgement;
      }
      at = undo();
    }
    return judgement;
  }

 private:
  struct Choice {
    size_t call;
    Model before;
  };

  // Writes with revisions have but one order, which spares the search the others.
  static bool has_place(const Operation& operation) {
    return operation.revision != 0 && (!operation.is_known() || operation.has_written());
  }

  // The place to go on from.
  size_t try_call(size_t at) {
    const size_t number = timeline_[at].operation;
    const bool is_placed = has_place(history_[number]);
    if (is_placed && writes_[writes_done_] != number) return timeline_[at].next;
    Model next = model_;
    if (!next.step(history_[number], number)) return timeline_[at].next;
    flip(number);
    if (!remember(next)) {
      flip(number);
      return timeline_[at].next;
    }
    choices_.push_back({at, std::exchange(model_, std::move(next))});
    timeline_.take(at);
    if (is_placed) ++writes_done_;
    if (history_[number].is_known()) --answered_;
    if (choices_.size() > longest_.size()) {
      longest_.clear();
      for (const Choice& choice : choices_) longest_.push_back(timeline_[choice.call].operation);
    }
    return timeline_.first();
  }

  size_t undo() {
    Choice choice = std::move(choices_.back());
    choices_.pop_back();
    const size_t number = timeline_[choice.call].operation;
    timeline_.put_back(choice.call);
    flip(number);
    if (has_place(history_[number])) --writes_done_;
    if (history_[number].is_known()) ++answered_;
    model_ = std::move(choice.before);
    return timeline_[choice.call].next;
  }

  void flip(size_t number) {
    taken_[number / 8] = static_cast<char>(taken_[number / 8] ^ (1 << (number % 8)));
  }

  bool remember(const Model& model) {
    Bytes key = taken_ + model.fingerprint();
    const size_t size = key.size();
    if (!seen_.insert(std::move(key)).second) return false;
    seen_bytes_ += size;
    return true;
  }

  std::string explain() const {
    std::string text = "the longest order that explains the answers ends with\n";
    const size_t from = longest_.size() > kShownBefore ? longest_.size() - kShownBefore : 0;
    for (size_t i = from; i < longest_.size(); ++i) {
      text += "    " + describe(history_[longest_[i]]) + "\n";
    }
    const std::set<size_t> placed(longest_.begin(), longest_.end());
    std::vector<size_t> left;
    for (size_t i = 0; i < history_.size(); ++i) {
      if (!placed.contains(i)) left.push_back(i);
    }
    std::sort(left.begin(), left.end(),
              [this](size_t a, size_t b) { return history_[a].invoked < history_[b].invoked; });
    text += "  and none of these can follow\n";
    for (size_t i = 0; i < std::min(left.size(), kShownAfter); ++i) {
      text += "    " + describe(history_[left[i]]) + "\n";
    }
    return text;
  }

  const History history_;
  Budget budget_;
  Timeline timeline_;
  Bytes taken_;  // a bit for each operation
  Model model_;
  std::vector<size_t> writes_;  // those with a place, in order
  size_t writes_done_ = 0;
  size_t answered_ = 0;  // operations with an answer that are not yet placed
  std::vector<Choice> choices_;
  std::vector<size_t> longest_;
  std::unordered_set<Bytes> seen_;
  uint64_t seen_bytes_ = 0;
};

// A write whose answer named no revision has the one that a read of its value saw; and if
// it had no answer, it did happen.
History learn_revisions(History history) {
  std::unordered_map<Bytes, int64_t> seen;
  for (const Operation& operation : history) {
    if (!operation.is_known()) continue;
    for (const Action& action : operation.taken()) {
      if (action.kind == Action::Kind::kGet && action.seen.value) {
        seen.emplace(*action.seen.value, action.seen.mod_revision);
      }
    }
  }
  for (Operation& operation : history) {
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      for (const Action& action : *actions) {
        const auto it = seen.find(action.value);
        if (operation.revision == 0 && action.kind == Action::Kind::kPut && it != seen.end()) {
          operation.revision = it->second;
        }
      }
    }
  }
  return history;
}

std::set<Bytes> groups_of(const Operation& operation, const GroupOf& group_of) {
  std::set<Bytes> groups;
  for (const Comparison& comparison : operation.comparisons) {
    groups.insert(group_of(comparison.key));
  }
  for (const auto* actions : {&operation.then, &operation.otherwise}) {
    for (const Action& action : *actions) groups.insert(group_of(action.key));
  }
  return groups;
}

}  // namespace

Judgement check_group(const History& history, Budget budget) {
  return Search(learn_revisions(history), budget).run();
}

Judgement check_linearizable(const History& history, const GroupOf& group_of, Budget budget) {
  std::map<Bytes, History> by_group;
  std::map<int64_t, std::set<Bytes>> groups_of_lease;
  for (const Operation& operation : history) {
    const std::set<Bytes> groups = groups_of(operation, group_of);
    check(groups.size() <= 1, "an operation stays within its group of keys");
    for (const Bytes& group : groups) by_group[group].push_back(operation);
    for (const auto* actions : {&operation.then, &operation.otherwise}) {
      for (const Action& action : *actions) {
        if (action.lease != 0) groups_of_lease[action.lease].insert(group_of(action.key));
      }
    }
  }
  for (const Operation& operation : history) {
    if (operation.ended_lease == 0) continue;
    for (const Bytes& group : groups_of_lease[operation.ended_lease]) {
      by_group[group].push_back(operation);
    }
  }
  Judgement whole;
  for (const auto& [group, operations] : by_group) {
    const uint64_t left = budget.steps - std::min(whole.steps, budget.steps);
    Judgement one = check_group(operations, {left, budget.bytes});
    whole.steps += one.steps;
    if (one.verdict == Verdict::kNotLinearizable) {
      one.explanation = format("group {}: {}", group, one.explanation);
      one.steps = whole.steps;
      return one;
    }
    if (one.verdict == Verdict::kUndecided) {
      whole.verdict = Verdict::kUndecided;
      whole.explanation +=
          format("group {} of {} operations is undecided\n", group, operations.size());
    }
  }
  return whole;
}

}  // namespace argosy::linearizability
