#include "parts/locksmith/ctl/ctl.h"

#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <sstream>

#include "base/text.h"

namespace argosy::locksmith {
namespace {

Ending run(std::vector<std::string> words) {
  const auto options = parse_options(words, "LOCKSMITHCTL", {});
  if (!options) return options.error();
  return run_ctl(*options, {});
}

// Each case: "$ words", then what is printed, stderr's lines behind "! ", and the code.
TEST_CASE("what needs no etcd, in testdata/words.txt") {
  std::ifstream file("testdata/words.txt");
  REQUIRE(file);
  std::string got;
  std::string expected;
  std::string line;
  int cases = 0;
  while (std::getline(file, line)) {
    expected += line + '\n';
    if (!line.starts_with("$ ")) continue;
    ++cases;
    std::vector<std::string> words;
    for (const std::string_view word : split(line.substr(2), ' ')) {
      if (!word.empty()) words.emplace_back(word);
    }
    const Ending ending = run(words);
    got += line + '\n' + ending.out;
    std::istringstream errors(ending.err);
    for (std::string text; std::getline(errors, text);) got += "! " + text + '\n';
    got += "= " + std::to_string(ending.code) + "\n";
  }
  CHECK_GE(cases, 10);
  if (std::getenv("ARGOSY_REWRITE") != nullptr) {
    std::ofstream("testdata/words.txt") << got;
  } else {
    CHECK_EQ(got, expected);
  }
}

}  // namespace
}  // namespace argosy::locksmith
