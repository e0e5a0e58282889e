#include "parts/etcd/raftsim/describe.h"

#include "base/format.h"

namespace argosy::etcd::raftsim {
namespace {

const char* name(raft::MessageType type) {
  constexpr const char* kNames[] = {"hup",
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
  return kNames[static_cast<size_t>(type)];
}

}  // namespace

std::string describe(const raft::Message& message) {
  std::string text = format("{}->{} {} term={}", message.from.value(), message.to.value(),
                            name(message.type), message.term.value());
  const auto add = [&text](const char* what, uint64_t value) {
    if (value != 0) text += format(" {}={}", what, value);
  };
  add("log_term", message.log_term.value());
  add("index", message.index.value());
  add("commit", message.commit.value());
  if (message.reject) text += format(" reject hint={}", message.reject_hint.value());
  if (message.snapshot) add("snapshot", message.snapshot->metadata.index.value());
  if (!message.context.empty()) text += " context=" + to_hex(message.context);
  for (const raft::Entry& entry : message.entries) {
    text += format(" [{} {} {} {}]", entry.term.value(), entry.index.value(),
                   static_cast<int>(entry.type), entry.data.size());
  }
  return text;
}

}  // namespace argosy::etcd::raftsim
