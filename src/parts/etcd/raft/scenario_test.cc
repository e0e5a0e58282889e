// Runs testdata/*.txt: a command, a line of dashes, what it prints. ARGOSY_REWRITE=1 writes
// what is printed now into the files, to be reviewed as a change.
#include "parts/etcd/raft/scenario.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/raft/conf_change_entry.h"
#include "parts/etcd/raft/describe.h"

namespace argosy::etcd::raft {

uint64_t Scenario::Words::number(size_t n, uint64_t otherwise) const {
  return n < list.size() ? parse_uint(list[n]).value_or(otherwise) : otherwise;
}

std::optional<std::string> Scenario::Words::option(const std::string& key) const {
  for (const std::string& word : list) {
    if (word == key) return word;
    if (word.starts_with(key + "=")) return word.substr(key.size() + 1);
  }
  return std::nullopt;
}

uint64_t Scenario::Words::option_number(const std::string& key, uint64_t otherwise) const {
  const std::optional<std::string> value = option(key);
  return value ? parse_uint(*value).value_or(otherwise) : otherwise;
}

const std::map<std::string, Scenario::Handler>& Scenario::handlers() {
  static const std::map<std::string, Handler> kHandlers{
      {"cluster", &Scenario::cluster},     {"add", &Scenario::add},
      {"campaign", &Scenario::campaign},   {"tick", &Scenario::tick},
      {"forget", &Scenario::forget},       {"propose", &Scenario::propose},
      {"change", &Scenario::change},       {"change1", &Scenario::change1},
      {"leave", &Scenario::leave},         {"read", &Scenario::read},
      {"transfer", &Scenario::transfer},   {"ready", &Scenario::ready},
      {"appended", &Scenario::appended},   {"apply", &Scenario::apply},
      {"deliver", &Scenario::deliver},     {"drop", &Scenario::drop},
      {"stabilize", &Scenario::stabilize}, {"snapshot", &Scenario::snapshot},
      {"report", &Scenario::report},       {"unreachable", &Scenario::unreachable},
      {"compact", &Scenario::compact},     {"restart", &Scenario::restart},
      {"status", &Scenario::status},       {"log", &Scenario::log},
  };
  return kHandlers;
}

std::string Scenario::run(const std::string& command) {
  out_.clear();
  Words words;
  for (std::string_view word : split(command, ' ')) {
    if (!word.empty()) words.list.emplace_back(word);
  }
  auto handler = handlers().find(words.at(0));
  if (handler == handlers().end()) return "unknown command\n";
  (this->*handler->second)(words);
  return out_.empty() ? "ok\n" : out_;
}

void Scenario::say(const std::string& line) {
  out_ += line + "\n";
}

void Scenario::say_result(const Result<LogIndex>& result) {
  if (!result)
    return say(format("{}: {}", code_name(result.error().code()), result.error().text()));
  if (*result == LogIndex{}) return say("passed on to the leader");
  say(format("at {}", result->value()));
}

void Scenario::cluster(const Words& words) {
  const uint64_t count = words.number(1);
  const uint64_t learners = words.option_number("learners", 0);
  ConfState state;
  for (uint64_t id = 1; id <= count; ++id) {
    (id + learners > count ? state.learners : state.voters).push_back(NodeId(id));
  }
  Config config{
      .election_tick = static_cast<uint32_t>(words.option_number("election", 3)),
      .max_size_per_message = words.option_number("size", 1 << 20),
      .max_applying_size = words.option_number("applying", 0),
      .max_uncommitted_size = words.option_number("uncommitted", 0),
      .max_inflight_messages = static_cast<uint32_t>(words.option_number("inflight", 16)),
      .check_quorum = words.option("check_quorum").has_value(),
      .pre_vote = words.option("pre_vote").has_value(),
      .read_only = words.option("lease") ? ReadOnlyOption::kLease : ReadOnlyOption::kSafe,
      .forward_proposals = !words.option("no_forward").has_value(),
      .step_down_on_removal = words.option("step_down").has_value(),
  };
  const RestoredState start_state{.hard_state = {Term(1), NodeId{}, LogIndex(2)},
                                  .conf_state = state,
                                  .compacted_index = LogIndex(2),
                                  .compacted_term = Term(1),
                                  .entries = {},
                                  .applied = LogIndex(2)};
  for (uint64_t id = 1; id <= count; ++id) {
    Member& member = members_[id];
    member.config = config;
    member.disk = start_state;
    start(id, member);
  }
}

void Scenario::add(const Words& words) {
  const Config config = members_.begin()->second.config;
  Member& added = members_[words.number(1)];
  added.config = config;
  start(words.number(1), added);
}

void Scenario::start(uint64_t id, Member& member) {
  member.config.id = NodeId(id);
  member.config.seed = id;
  Result<Node> node = Node::create(member.config, member.disk);
  check(node.has_value());
  member.node = std::make_unique<Node>(std::move(*node));
}

void Scenario::campaign(const Words& words) {
  member(words).node->campaign();
}

void Scenario::tick(const Words& words) {
  for (uint64_t n = words.number(2, 1); n > 0; --n) member(words).node->tick();
}

void Scenario::forget(const Words& words) {
  member(words).node->forget_leader();
}

void Scenario::propose(const Words& words) {
  std::vector<SharedBytes> batch;
  for (size_t n = 2; n < words.size(); ++n) batch.emplace_back(words.at(n));
  say_result(member(words).node->propose(batch));
}

namespace {

ConfChangeSingle parse_change(const std::string& word) {
  const std::map<char, ConfChangeType> kTypes{{'v', ConfChangeType::kAddNode},
                                              {'r', ConfChangeType::kRemoveNode},
                                              {'u', ConfChangeType::kUpdateNode},
                                              {'l', ConfChangeType::kAddLearnerNode}};
  return {kTypes.at(word.at(0)), NodeId(*parse_uint(word.substr(1)))};
}

}  // namespace

void Scenario::change(const Words& words) {
  ConfChangeV2 change;
  for (size_t n = 2; n < words.size(); ++n) {
    if (words.at(n) == "implicit") {
      change.transition = ConfChangeTransition::kJointImplicit;
    } else if (words.at(n) == "explicit") {
      change.transition = ConfChangeTransition::kJointExplicit;
    } else {
      change.changes.push_back(parse_change(words.at(n)));
    }
  }
  say_result(member(words).node->propose_conf_change(change));
}

void Scenario::change1(const Words& words) {
  const ConfChangeSingle single = parse_change(words.at(2));
  say_result(member(words).node->propose_conf_change(
      ConfChange{.type = single.type, .node_id = single.node_id}));
}

void Scenario::leave(const Words& words) {
  say_result(member(words).node->propose_conf_change(ConfChangeV2{}));
}

void Scenario::read(const Words& words) {
  Result<void> result = member(words).node->read_index(words.at(2));
  if (!result) say(result.error().text());
}

void Scenario::transfer(const Words& words) {
  member(words).node->transfer_leader(NodeId(words.number(2)));
}

void Scenario::ready(const Words& words) {
  if (!member(words).node->has_ready()) return say("none");
  take_ready(words.number(1));
}

void Scenario::take_ready(uint64_t id) {
  Member& member = members_.at(id);
  Ready ready = member.node->take_ready();
  for (std::string_view line : split(describe(ready), '\n')) {
    if (!line.empty()) say(format("{}: {}", id, line));
  }
  for (const Message& message : ready.messages) network_.push_back(message);
  for (const Entry& entry : ready.committed_entries) member.to_apply.push_back(entry);
  if (ready.has_append()) member.appends.push_back(std::move(ready));
}

void Scenario::appended(const Words& words) {
  for (uint64_t n = words.number(2, 1); n > 0; --n) finish_append(words.number(1));
}

void Scenario::finish_append(uint64_t id) {
  Member& member = members_.at(id);
  if (member.appends.empty()) return say(format("{}: nothing to report", id));
  Ready done = std::move(member.appends.front());
  member.appends.pop_front();
  say(format("{}: appended #{}", id, done.append.value()));
  store(member, done);
  member.node->appended(done.append);
  for (Message& message : done.messages_after_append) network_.push_back(std::move(message));
}

void Scenario::store(Member& member, const Ready& ready) {
  RestoredState& disk = member.disk;
  if (ready.snapshot) {
    const SnapshotMetadata& metadata = ready.snapshot->metadata;
    disk = {disk.hard_state, metadata.conf_state, metadata.index, metadata.term, {},
            metadata.index};
    std::erase_if(member.to_apply, [&](const Entry& e) { return e.index <= metadata.index; });
  }
  for (const Entry& entry : ready.entries) {
    disk.entries.resize(entry.index - disk.compacted_index - 1);
    disk.entries.push_back(entry);
  }
  if (ready.hard_state) disk.hard_state = *ready.hard_state;
}

void Scenario::apply(const Words& words) {
  apply_all(words.number(1));
}

void Scenario::apply_all(uint64_t id) {
  Member& member = members_.at(id);
  if (member.to_apply.empty()) return say(format("{}: nothing to apply", id));
  for (const Entry& entry : member.to_apply) {
    if (entry.type != EntryType::kNormal) apply_change(id, entry);
  }
  const LogIndex last = member.to_apply.back().index;
  member.to_apply.clear();
  say(format("{}: applied {}", id, last.value()));
  member.disk.applied = last;
  member.node->applied(last);
}

void Scenario::apply_change(uint64_t id, const Entry& entry) {
  Member& member = members_.at(id);
  const ConfChangeV2 change = *decode_conf_change(entry);
  const Result<ConfState> state = member.node->apply_conf_change(entry.index, change);
  if (!state) return say(format("{}: {}", id, state.error().text()));
  say(format("{}: now{}", id, describe(*state)));
  member.disk.conf_state = *state;
}

std::vector<Message> Scenario::take_messages(uint64_t to, const Words& words) {
  std::vector<Message> taken;
  const uint64_t from = words.option_number("from", 0);
  const std::optional<std::string> type = words.option("type");
  std::deque<Message> rest;
  for (Message& message : network_) {
    const bool is_wanted = message.to == NodeId(to) &&
                           (from == 0 || message.from == NodeId(from)) &&
                           (!type || *type == message_type_name(message.type));
    if (is_wanted) {
      taken.push_back(std::move(message));
    } else {
      rest.push_back(std::move(message));
    }
  }
  network_ = std::move(rest);
  return taken;
}

void Scenario::deliver(const Words& words) {
  for (Message& message : take_messages(words.number(1), words)) {
    say(format("{}: got {}", words.number(1), describe(message)));
    Result<void> done = member(words).node->step(std::move(message));
    if (!done) say(format("{}: {}", words.number(1), done.error().text()));
  }
}

void Scenario::drop(const Words& words) {
  for (const Message& message : take_messages(words.number(1), words)) {
    say("lost " + describe(message));
  }
}

bool Scenario::work_on(uint64_t id) {
  Member& member = members_.at(id);
  const bool has_messages =
      std::ranges::any_of(network_, [id](const Message& m) { return m.to == NodeId(id); });
  if (has_messages) {
    deliver({{"deliver", format("{}", id)}});
  } else if (member.node->has_ready()) {
    take_ready(id);
  } else if (!member.appends.empty()) {
    finish_append(id);
  } else if (!member.to_apply.empty()) {
    apply_all(id);
  } else {
    return false;
  }
  return true;
}

void Scenario::stabilize(const Words& words) {
  std::vector<uint64_t> ids;
  for (const auto& [id, member] : members_) {
    const bool is_named = std::ranges::find(words.list, format("{}", id)) != words.list.end();
    const bool names_any = words.size() > 1 && words.number(1) != 0;
    if (is_named || !names_any) ids.push_back(id);
  }
  for (bool is_busy = true; is_busy;) {
    is_busy = false;
    for (uint64_t id : ids) is_busy = work_on(id) || is_busy;
  }
  if (words.option("quiet")) out_.clear();
}

void Scenario::snapshot(const Words& words) {
  Member& from = member(words);
  const LogIndex index = from.disk.applied;
  std::optional<Message> message = from.node->snapshot_message(
      NodeId(words.number(2)),
      {.metadata = {from.disk.conf_state, index, *from.node->term_at(index)}});
  if (!message) return say("not wanted");
  say("send " + describe(*message));
  network_.push_back(std::move(*message));
}

void Scenario::report(const Words& words) {
  member(words).node->report_snapshot(NodeId(words.number(2)), words.at(3) == "ok");
}

void Scenario::unreachable(const Words& words) {
  member(words).node->report_unreachable(NodeId(words.number(2)));
}

void Scenario::compact(const Words& words) {
  Member& owner = member(words);
  const LogIndex index(words.number(2));
  RestoredState& disk = owner.disk;
  const auto count = static_cast<ptrdiff_t>(index - disk.compacted_index);
  disk.compacted_term = *owner.node->term_at(index);
  disk.compacted_index = index;
  disk.entries.erase(disk.entries.begin(), disk.entries.begin() + count);
  owner.node->compact(index);
}

void Scenario::restart(const Words& words) {
  Member& owner = member(words);
  owner.appends.clear();
  owner.to_apply.clear();
  start(words.number(1), owner);
}

void Scenario::status(const Words& words) {
  const Status status = member(words).node->status();
  say(format("{} term={} vote={} leader={} commit={} applied={} stable={} log={}..{}",
             role_name(status.soft_state.role), status.hard_state.term.value(),
             status.hard_state.vote.value(), status.soft_state.leader.value(),
             status.hard_state.commit.value(), status.applied.value(), status.stable_index.value(),
             status.first_index.value(), status.last_index.value()));
  for (const MemberProgress& one : status.progress) {
    say(format("{}: {} match={} next={}{}{}{}{}{}", one.id.value(), progress_state_name(one.state),
               one.match.value(), one.next.value(), one.is_learner ? " learner" : "",
               one.is_paused ? " paused" : "", one.is_recently_active ? "" : " inactive",
               one.pending_snapshot == LogIndex{}
                   ? std::string()
                   : format(" snapshot={}", one.pending_snapshot.value()),
               one.inflight_messages == 0 ? std::string()
                                          : format(" inflight={}", one.inflight_messages)));
  }
}

void Scenario::log(const Words& words) {
  const Node& node = *member(words).node;
  for (LogIndex i = node.first_index(); i <= node.last_index(); ++i) {
    say(format("{}/{}", node.term_at(i)->value(), i.value()));
  }
}

namespace {

// Comments and blank lines stay; each command gets what it prints.
std::string replay(const std::string& text) {
  Scenario scenario;
  std::string result;
  std::string line;
  std::istringstream in(text);
  while (std::getline(in, line)) {
    result += line + "\n";
    if (line.empty() || line.starts_with("#")) continue;
    result += "----\n" + scenario.run(line) + "\n";
    while (std::getline(in, line) && !line.empty()) {
    }
  }
  return result;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST_CASE("scenarios") {
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator("testdata")) {
    if (file.path().extension() != ".txt") continue;
    ++count;
    INFO(file.path().string());
    const std::string expected = read_file(file.path());
    const std::string actual = replay(expected);
    if (std::getenv("ARGOSY_REWRITE") != nullptr) {
      std::ofstream(file.path()) << actual;
    } else {
      CHECK(actual == expected);
    }
  }
  CHECK(count >= 10);
}

}  // namespace
}  // namespace argosy::etcd::raft
