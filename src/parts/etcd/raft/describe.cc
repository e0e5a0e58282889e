#include "parts/etcd/raft/describe.h"

#include <array>

#include "base/format.h"
#include "base/text.h"
#include "parts/etcd/raft/conf_change_entry.h"

namespace argosy::etcd::raft {
namespace {

std::string describe_change(const Entry& entry) {
  const Result<ConfChangeV2> change = decode_conf_change(entry);
  if (!change) return "malformed change";
  if (change->changes.empty()) return "leave joint";
  std::string text = "change";
  if (change->transition == ConfChangeTransition::kJointImplicit) text += " implicit";
  if (change->transition == ConfChangeTransition::kJointExplicit) text += " explicit";
  for (const ConfChangeSingle& single : change->changes) {
    constexpr std::array<char, 4> kLetters{'v', 'r', 'u', 'l'};
    text += format(" {}{}", kLetters[static_cast<size_t>(single.type)], single.node_id.value());
  }
  return text;
}

std::string describe_ids(const char* what, const std::vector<NodeId>& ids) {
  if (ids.empty()) return {};
  std::vector<std::string> texts;
  for (NodeId id : ids) texts.push_back(format("{}", id.value()));
  return format(" {}=({})", what, join(texts, " "));
}

}  // namespace

const char* message_type_name(MessageType type) {
  constexpr std::array<const char*, 19> kNames{"hup",
                                               "beat",
                                               "prop",
                                               "app",
                                               "app-resp",
                                               "vote",
                                               "vote-resp",
                                               "snap",
                                               "heartbeat",
                                               "heartbeat-resp",
                                               "unreachable",
                                               "snap-status",
                                               "check-quorum",
                                               "transfer-leader",
                                               "timeout-now",
                                               "read-index",
                                               "read-index-resp",
                                               "pre-vote",
                                               "pre-vote-resp"};
  return kNames.at(static_cast<size_t>(type));
}

std::string describe(const Entry& entry) {
  const std::string data = entry.type == EntryType::kNormal ? go_quote(entry.data.view())
                                                            : "(" + describe_change(entry) + ")";
  return format("{}/{} {}", entry.term.value(), entry.index.value(), data);
}

std::string describe(const Message& message) {
  std::string text = format("{}->{} {}", message.from.value(), message.to.value(),
                            message_type_name(message.type));
  const auto add = [&text](const char* what, uint64_t value) {
    if (value != 0) text += format(" {}={}", what, value);
  };
  add("term", message.term.value());
  add("log_term", message.log_term.value());
  add("index", message.index.value());
  add("commit", message.commit.value());
  if (message.reject) text += " reject";
  add("hint", message.reject_hint.value());
  if (message.snapshot) {
    const SnapshotMetadata& metadata = message.snapshot->metadata;
    text += format(" snapshot={}/{}{}", metadata.term.value(), metadata.index.value(),
                   describe(metadata.conf_state));
  }
  if (!message.context.empty()) text += " context=" + go_quote(message.context);
  for (const Entry& entry : message.entries) text += format(" [{}]", describe(entry));
  return text;
}

std::string describe(const ConfState& state) {
  std::string text = describe_ids("voters", state.voters);
  text += describe_ids("outgoing", state.voters_outgoing);
  text += describe_ids("learners", state.learners);
  text += describe_ids("learners_next", state.learners_next);
  if (state.auto_leave) text += " autoleave";
  return text;
}

std::string describe(const Ready& ready) {
  std::string text;
  const auto add = [&text](const std::string& line) { text += line + "\n"; };
  if (ready.soft_state) {
    add(format("state {} leader={}", role_name(ready.soft_state->role),
               ready.soft_state->leader.value()));
  }
  if (ready.has_append()) {
    add(format("append #{}{}", ready.append.value(), ready.must_sync ? " sync" : ""));
  }
  if (ready.snapshot) {
    const SnapshotMetadata& metadata = ready.snapshot->metadata;
    add(format("  snapshot {}/{}{}", metadata.term.value(), metadata.index.value(),
               describe(metadata.conf_state)));
  }
  for (const Entry& entry : ready.entries) add("  entry " + describe(entry));
  if (const auto& hard = ready.hard_state) {
    add(format("  hard term={} vote={} commit={}", hard->term.value(), hard->vote.value(),
               hard->commit.value()));
  }
  for (const Message& message : ready.messages_after_append) add("  then " + describe(message));
  for (const Message& message : ready.messages) add("send " + describe(message));
  for (const Entry& entry : ready.committed_entries) add("apply " + describe(entry));
  for (const ReadState& read : ready.read_states) {
    add(format("read {} at {}", go_quote(read.context), read.index.value()));
  }
  for (NodeId id : ready.snapshots_wanted) add(format("snapshot wanted by {}", id.value()));
  return text;
}

}  // namespace argosy::etcd::raft
