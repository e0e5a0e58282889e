// What a command says: its output, and its errors in the layout that scripts grep for.
#pragma once

#include <string>
#include <string_view>

namespace argosy::os {

class Report {
 public:
  Report(std::string program, std::string command)
      : program_(std::move(program)), command_(std::move(command)) {}

  const std::string& program() const { return program_; }
  void print(std::string_view text) { out_ += text; }
  void print_error(std::string_view text) { err_ += text; }
  // "ERROR: cgpt add: <text>"; the text brings its line feed.
  void error(std::string_view text);
  // What of an option's argument was wrong; counted, so that usage is shown at the end.
  void refuse(std::string_view text);
  void count_refusal() { ++refusals_; }

  int refusals() const { return refusals_; }
  const std::string& out() const { return out_; }
  const std::string& err() const { return err_; }

 private:
  std::string program_;
  std::string command_;  // as it was typed
  std::string out_;
  std::string err_;
  int refusals_ = 0;
};

}  // namespace argosy::os
