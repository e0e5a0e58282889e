#include "tests/scenario/faults/report.h"

#include "base/format.h"
#include "base/text.h"
#include "sys/file/disk.h"

namespace argosy::faults {
namespace {

// Lines of the members' logs that show that a fault reached what it was meant to reach.
constexpr std::pair<const char*, const char*> kTraces[] = {
    {"elections won", "elected leader"},
    {"raft snapshots taken", "\"saved snapshot\""},
    {"databases sent", "\"sent database snapshot\""},
    {"databases installed", "\"applied snapshot\""},
    {"torn logs repaired", "repaired the torn end"},
    {"compactions", "finished scheduled compaction"},
};

size_t count_in(const std::string& text, std::string_view what) {
  size_t count = 0;
  for (size_t at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) ++count;
  return count;
}

std::string describe_counts(const std::map<std::string, uint64_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts) {
    text += format("{}{} {}", text.empty() ? "" : ", ", count, name);
  }
  return text;
}

}  // namespace

std::string describe(const Summary& summary, const Record& record) {
  uint64_t unknown = 0;
  for (const auto& operation : record.history) unknown += operation.is_known() ? 0 : 1;
  std::string text = format(
      "kills:       {}\nfaults:      {}\noperations:  {} with an answer, {} that may have "
      "happened, {} that did not\n",
      summary.kills, describe_counts(summary.faults), record.history.size() - unknown, unknown,
      record.failed);
  text += format(
      "past reads:  {}\nwatching:    {} streams opened\nlongest time without an "
      "acknowledged write: {}\n",
      record.past_reads.size(), summary.watch_streams,
      to_go_duration(std::chrono::duration_cast<milliseconds>(record.longest_pause)));
  std::map<std::string, uint64_t> traces;
  for (const std::string& path : summary.logs) {
    const auto log = read_file(real_disk(), path);
    if (!log) continue;
    for (const auto& [name, line] : kTraces) traces[name] += count_in(*log, line);
  }
  text += format("members:     {}\n", describe_counts(traces));
  std::vector<std::pair<uint64_t, std::string>> errors;
  for (const auto& [what, count] : record.errors) errors.emplace_back(count, what);
  std::sort(errors.rbegin(), errors.rend());
  for (size_t i = 0; i < std::min<size_t>(errors.size(), 8); ++i) {
    text += format("error:       {} times: {}\n", errors[i].first, errors[i].second);
  }
  return text;
}

}  // namespace argosy::faults
