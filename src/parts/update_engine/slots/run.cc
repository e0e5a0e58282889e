#include "parts/update_engine/slots/run.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <fcntl.h>
#include <unistd.h>

#include "base/format.h"
#include "sys/clock/clock.h"
#include "sys/file/fd.h"

namespace argosy::update_engine {
namespace {

constexpr size_t kLongestLine = 4096;
// How soon a stop request is seen.
constexpr Duration kStep = milliseconds(100);

class Lines {
 public:
  explicit Lines(const std::function<void(std::string_view)>& tell) : tell_(tell) {}
  ~Lines() {
    if (!pending_.empty()) say(pending_);
  }
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void add(std::string_view bytes) {
    for (const char byte : bytes) {
      if (byte != '\n') pending_ += byte;
      if (byte != '\n' && pending_.size() < kLongestLine) continue;
      say(pending_);
      pending_.clear();
    }
  }

 private:
  void say(std::string_view line) const {
    if (tell_) tell_(line);
  }
  const std::function<void(std::string_view)>& tell_;
  std::string pending_;
};

// False at the end of the output.
bool drain(int fd, Lines& lines) {
  std::array<char, 4096> piece;
  while (true) {
    const ssize_t got = ::read(fd, piece.data(), piece.size());
    if (got > 0) lines.add({piece.data(), static_cast<size_t>(got)});
    if (got == 0) return false;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return true;
  }
}

std::unexpected<Error> end(Process& process, Code code, std::string why) {
  ::kill(-process.pid(), SIGKILL);
  (void)process.wait(seconds(10));
  return fail(code, std::move(why));
}

}  // namespace

Result<ExitStatus> run_program(const RunOptions& options, const std::stop_token& stop) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail(system_error("pipe", errno));
  const Fd read_end(ends[0]);
  Fd write_end(ends[1]);
  ::fcntl(read_end.get(), F_SETFL, O_NONBLOCK);
  const Fd null = TRY(open_null());
  Process process = TRY(spawn({.program = options.program,
                               .arguments = options.arguments,
                               .fds = {{.ours = null.get(), .theirs = 0},
                                       {.ours = write_end.get(), .theirs = 1},
                                       {.ours = write_end.get(), .theirs = 2}},
                               .group = SpawnOptions::Group::kNew}));
  write_end.close();
  Lines lines(options.on_line);
  const MonotonicTime deadline = real_clock().now() + options.limit;
  bool has_output = true;
  while (true) {
    std::vector<int> fds{process.pidfd()};
    if (has_output) fds.push_back(read_end.get());
    TRY(wait_readable(fds, kStep));
    if (has_output) has_output = drain(read_end.get(), lines);
    if (auto status = TRY(process.wait())) {
      // What it left running in the background does not hold us up.
      if (has_output) drain(read_end.get(), lines);
      return *status;
    }
    if (stop.stop_requested()) return end(process, Code::kCancelled, "stopped");
    if (real_clock().now() >= deadline) {
      return end(process, Code::kDeadlineExceeded,
                 format("{} took longer than {}", options.program, to_go_duration(options.limit)));
    }
  }
}

}  // namespace argosy::update_engine
