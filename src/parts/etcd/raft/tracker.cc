#include "parts/etcd/raft/tracker.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::etcd::raft {
namespace {

std::string describe(const IdSet& ids) {
  std::vector<std::string> texts;
  for (NodeId id : ids) texts.push_back(format("{}", id.value()));
  return "(" + join(texts, " ") + ")";
}

}  // namespace

std::string describe(const Configuration& configuration) {
  std::string text = "voters=" + describe(configuration.voters.incoming);
  if (configuration.is_joint()) text += "&&" + describe(configuration.voters.outgoing);
  if (!configuration.learners.empty()) text += " learners=" + describe(configuration.learners);
  if (!configuration.learners_next.empty()) {
    text += " learners_next=" + describe(configuration.learners_next);
  }
  if (configuration.auto_leave) text += " autoleave";
  return text;
}

ConfState Tracker::conf_state() const {
  return ConfState{.voters = configuration_.voters.incoming.ids(),
                   .learners = configuration_.learners.ids(),
                   .voters_outgoing = configuration_.voters.outgoing.ids(),
                   .learners_next = configuration_.learners_next.ids(),
                   .auto_leave = configuration_.auto_leave};
}

void Tracker::replace(Configuration configuration, ProgressMap progress) {
  configuration_ = std::move(configuration);
  progress_ = std::move(progress);
}

Progress* Tracker::find(NodeId id) {
  auto found = progress_.find(id);
  return found == progress_.end() ? nullptr : &found->second;
}

const Progress* Tracker::find(NodeId id) const {
  auto found = progress_.find(id);
  return found == progress_.end() ? nullptr : &found->second;
}

bool Tracker::is_only_voter(NodeId id) const {
  const Voters& voters = configuration_.voters;
  return !voters.is_joint() && voters.incoming.size() == 1 && voters.incoming.contains(id);
}

LogIndex Tracker::committed() const {
  return committed_index(configuration_.voters, [this](NodeId id) { return find(id)->match; });
}

bool Tracker::is_quorum_active() const {
  return vote_result(configuration_.voters, [this](NodeId id) {
           return std::optional(find(id)->is_recently_active);
         }) == VoteResult::kWon;
}

void Tracker::forget_activity(NodeId but) {
  for (auto& [id, progress] : progress_) {
    if (id != but) progress.is_recently_active = false;
  }
}

VoteResult Tracker::election_result() const {
  return vote_result(configuration_.voters, [this](NodeId id) -> std::optional<bool> {
    auto vote = votes_.find(id);
    if (vote == votes_.end()) return std::nullopt;
    return vote->second;
  });
}

}  // namespace argosy::etcd::raft
