#include <cstdio>

#include "argosy/cluster.h"
#include "argosy/verbs.h"
#include "base/format.h"

namespace argosy {
namespace {

class Printer {
 public:
  Printer(std::string member, bool as_json) : member_(std::move(member)), as_json_(as_json) {}

  void print(std::string_view text) {
    if (as_json_) {
      pending_ += text;
      print_whole_lines();
    } else {
      std::fwrite(text.data(), 1, text.size(), stdout);
    }
    std::fflush(stdout);
  }

 private:
  void print_whole_lines() {
    size_t from = 0;
    for (size_t to = 0; (to = pending_.find('\n', from)) != std::string::npos; from = to + 1) {
      const json::Object line{{"member", member_}, {"line", pending_.substr(from, to - from)}};
      std::printf("%s\n", json::to_text(line).c_str());
    }
    pending_.erase(0, from);
  }

  std::string member_;
  bool as_json_;
  std::string pending_;
};

Result<uint64_t> print_from(const std::string& path, uint64_t offset, Printer& printer) {
  const auto file = TRY(real_disk().open(path, {.write = false}));
  // A shorter file is a new one: the old one was put aside.
  if (TRY(file->size()) < offset) offset = 0;
  std::string piece(64 << 10, '\0');
  while (const size_t got = TRY(file->read_at(offset, piece.data(), piece.size()))) {
    printer.print(std::string_view(piece).substr(0, got));
    offset += got;
  }
  return offset;
}

std::string known_names(const ClusterPlan& plan) {
  std::string names;
  for (const MemberPlan& member : plan.members) names += member.name + ", ";
  return names + "supervisor";
}

}  // namespace

Result<int> logs(const Options& options) {
  const Cluster cluster = TRY(Cluster::open(options.data));
  if (!cluster.plan()) {
    return fail(Code::kNotFound, format("there is no cluster in {}", options.data));
  }
  if (cluster.plan()->find(options.member) == nullptr && options.member != "supervisor") {
    return fail(Code::kNotFound, format("there is no member {}; there are {}", options.member,
                                        known_names(*cluster.plan())));
  }
  const std::string path = cluster.places().log_of(options.member);
  Printer printer(options.member, options.json);
  const std::string text = last_lines(path, options.lines);
  uint64_t offset = TRY(real_disk().stat(path)).size;
  printer.print(text);
  while (options.follow) {
    offset = TRY(print_from(path, offset, printer));
    TRY(wait_readable({}, milliseconds(200)));
  }
  return 0;
}

}  // namespace argosy
