// Transcripts: testdata/*.txt hold commands and what they say, word for word.
// ARGOSY_REWRITE=1 writes down what is said now.
//
//   $ cgpt add -i 1 ... DISK     the command; DISK is an image file
//   $ flip OFFSET                damages a byte
//   $ grow SECTORS               makes the image larger
//   $ write OFFSET TEXT          puts a text there
// After a command come its output, lines of errors with "! " before them, and "= 1" if that
// is its exit code.
#include <cstdlib>
#include <doctest/doctest.h>
#include <fstream>
#include <iomanip>
#include <sstream>
#include <unistd.h>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "parts/os/cgpt/command.h"
#include "sys/file/disk.h"

using namespace argosy;
using namespace argosy::os;

namespace {

constexpr std::string_view kDisk = "DISK";

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

class Story {
 public:
  Story() {
    char pattern[] = "/tmp/cgpt_test.XXXXXX";
    directory_ = ::mkdtemp(pattern);
    disk_ = directory_ + "/image";
  }
  ~Story() { (void)remove_all(real_disk(), directory_); }

  // What a command line says, as the transcript has it.
  std::string play(const std::string& line) {
    const std::vector<std::string> words = words_of(line);
    if (words.front() != "cgpt") {
      damage(words);
      return "";
    }
    const DeviceTree nothing{directory_, directory_, directory_};
    const Outcome outcome = run_cgpt(words, nothing, random_);
    std::string text = outcome.out;
    if (!text.empty() && !text.ends_with('\n')) text += "\\\n";
    std::istringstream errors(outcome.err);
    for (std::string error; std::getline(errors, error);) text += format("! {}\n", error);
    if (outcome.exit_code != 0) text += format("= {}\n", outcome.exit_code);
    replace_all(text, disk_, kDisk);
    return text;
  }

 private:
  // Words may be in double quotes.
  std::vector<std::string> words_of(const std::string& line) const {
    std::vector<std::string> words;
    std::istringstream in(line);
    for (std::string word; in >> std::quoted(word);) {
      replace_all(word, kDisk, disk_);
      words.push_back(word);
    }
    return words;
  }

  void damage(const std::vector<std::string>& words) {
    auto file = real_disk().open(disk_, {});
    check(file.has_value());
    const uint64_t number = parse_uint(words.at(1)).value();
    if (words[0] == "grow") check((*file)->truncate(*(*file)->size() + number * 512).has_value());
    if (words[0] == "write") check((*file)->write_at(number, words.at(2)).has_value());
    if (words[0] == "flip") {
      char byte = 0;
      check((*file)->read_at(number, &byte, 1).has_value());
      byte = static_cast<char>(byte ^ 0x5a);
      check((*file)->write_at(number, {&byte, 1}).has_value());
    }
  }

  std::string directory_;
  std::string disk_;
  SeededRandom random_{1};
};

// Everything but comments and commands is what was said, and is said anew.
std::string play_file(const std::string& content) {
  Story story;
  std::string played;
  bool was_comment = true;
  std::istringstream lines(content);
  for (std::string line; std::getline(lines, line);) {
    const bool is_comment = line.starts_with('#');
    if (is_comment && !was_comment) played += "\n";
    if (is_comment) played += line + "\n";
    if (line.starts_with("$ ")) played += line + "\n" + story.play(line.substr(2));
    if (is_comment || line.starts_with("$ ")) was_comment = is_comment;
  }
  return played;
}

}  // namespace

TEST_CASE("transcripts") {
  const auto names = real_disk().list("testdata");
  REQUIRE(names);
  CHECK(names->size() >= 5);
  for (const std::string& name : *names) {
    CAPTURE(name);
    const std::string path = "testdata/" + name;
    std::stringstream content;
    content << std::ifstream(path).rdbuf();
    const std::string played = play_file(content.str());
    if (std::getenv("ARGOSY_REWRITE") != nullptr) {
      std::ofstream(path) << played;
    } else {
      CHECK(played == content.str());
    }
  }
}
