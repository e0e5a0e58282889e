#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/text.h"
#include "parts/etcd/mvcc/script.h"

namespace argosy::etcd::mvcc {
namespace {

struct Block {
  std::vector<std::string> comments;
  std::vector<std::string> command;
  std::string answer;
};

std::vector<Block> read_blocks(const std::string& path) {
  std::ifstream in(path);
  REQUIRE_MESSAGE(in.good(), path);
  std::vector<Block> blocks(1);
  bool in_answer = false;
  for (std::string line; std::getline(in, line);) {
    Block& block = blocks.back();
    if (in_answer && line.empty()) {
      blocks.emplace_back();
      in_answer = false;
    } else if (in_answer) {
      block.answer += line + "\n";
    } else if (line == "----") {
      in_answer = true;
    } else if (block.command.empty() && (line.empty() || line.starts_with('#'))) {
      block.comments.push_back(line);
    } else {
      block.command.push_back(line);
    }
  }
  return blocks;
}

void write_blocks(const std::string& path, const std::vector<Block>& blocks) {
  std::ofstream out(path);
  for (const Block& block : blocks) {
    for (const auto& line : block.comments) out << line << "\n";
    if (block.command.empty()) continue;
    for (const auto& line : block.command) out << line << "\n";
    out << "----\n" << block.answer << "\n";
  }
}

}  // namespace

void run_script(const std::string& path, const ScriptRunner& run) {
  std::vector<Block> blocks = read_blocks(path);
  const bool is_rewriting = std::getenv("ARGOSY_REWRITE") != nullptr;
  for (Block& block : blocks) {
    if (block.command.empty()) continue;
    const std::string answer = run(block.command);
    if (is_rewriting) {
      block.answer = answer;
    } else {
      CHECK_MESSAGE(answer == block.answer, path << ": " << join(block.command, " / "));
    }
  }
  if (is_rewriting) write_blocks(path, blocks);
}

}  // namespace argosy::etcd::mvcc
