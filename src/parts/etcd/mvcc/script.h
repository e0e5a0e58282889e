// Test support: text files of commands and what they answer.
//
//   # a comment
//   command with words
//     more of it, indented
//   ----
//   the answer
//   (an empty line ends it)
//
// With ARGOSY_REWRITE=1 in the environment a run writes the answers into the file.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace argosy::etcd::mvcc {

// The lines of a command to the lines of its answer.
using ScriptRunner = std::function<std::string(const std::vector<std::string>& lines)>;

// Fails doctest checks where the answers differ.
void run_script(const std::string& path, const ScriptRunner& run);

}  // namespace argosy::etcd::mvcc
