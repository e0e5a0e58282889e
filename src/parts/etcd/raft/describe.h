// Messages and Readies as text: for traces, and for tests that compare them.
#pragma once

#include <string>

#include "parts/etcd/raft/ready.h"

namespace argosy::etcd::raft {

// "app", "app-resp", "vote" and so on.
const char* message_type_name(MessageType type);

// "2/7 \"data\"" for term 2 and index 7; configuration changes in words.
std::string describe(const Entry& entry);
// "1->2 app term=2 log_term=2 index=6 commit=5 [2/7 \"x\"]"; numbers that are 0 are left out.
std::string describe(const Message& message);
// "voters=(1 2) learners=(3) outgoing=(1) learners_next=(4) autoleave", each if so.
std::string describe(const ConfState& state);
// A line each for what it has.
std::string describe(const Ready& ready);

}  // namespace argosy::etcd::raft
