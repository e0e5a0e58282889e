#include "tests/scenario/faults/member_process.h"

#include "base/format.h"
#include "base/text.h"
#include "sys/file/disk.h"
#include "tests/scenario/faults/namespaces.h"

namespace argosy::faults {
namespace {

constexpr size_t kShownLogLines = 60;

}  // namespace

std::string Place::peer_url() const {
  return format("http://{}:{}", host, peer_port);
}

MemberProcess::MemberProcess(const ProcessOptions& options, Place place)
    : options_(options), place_(std::move(place)) {}

std::string MemberProcess::log_path() const {
  return join_path(options_.directory, place_.name + ".log");
}

std::string MemberProcess::data_dir() const {
  return join_path(options_.directory, place_.name + ".etcd");
}

std::vector<std::string> MemberProcess::arguments(const std::string& initial_cluster,
                                                  bool is_new_cluster) const {
  const std::string client_url = format("http://{}", place_.client().text());
  return {"etcd",
          "--name=" + place_.name,
          "--data-dir=" + data_dir(),
          "--listen-client-urls=" + client_url,
          "--advertise-client-urls=" + client_url,
          "--listen-peer-urls=" + place_.peer_url(),
          "--initial-advertise-peer-urls=" + place_.peer_url(),
          "--initial-cluster=" + initial_cluster,
          format("--initial-cluster-state={}", is_new_cluster ? "new" : "existing"),
          format("--heartbeat-interval={}", options_.heartbeat_ms),
          format("--election-timeout={}", options_.election_ms),
          format("--snapshot-count={}", options_.snapshot_count),
          "--strict-reconfig-check=false",
          "--log-outputs=stderr"};
}

Result<void> MemberProcess::start(const std::string& initial_cluster, bool is_new_cluster) {
  const Fd log = TRY(open_to_append(log_path()));
  const Fd null = TRY(open_null());
  SpawnOptions options;
  options.program = options_.program;
  options.arguments = arguments(initial_cluster, is_new_cluster);
  options.fds = {{null.get(), 0}, {log.get(), 1}, {log.get(), 2}};
  // Whatever becomes of us, no member stays behind.
  options.parent_death_signal = SIGKILL;
  const InNamespace inside(place_.network);
  process_ = TRY(spawn(options));
  paused_ = false;
  end_is_expected_ = false;
  return {};
}

void MemberProcess::kill() {
  if (!process_) return;
  const auto sent = process_->signal(SIGKILL);
  (void)sent;  // it may have ended by itself
  const auto ended = process_->wait(seconds(10));
  check(ended.has_value() && ended->has_value(), "SIGKILL ends a process");
  process_.reset();
  paused_ = false;
}

void MemberProcess::pause() {
  if (process_ && process_->signal(SIGSTOP)) paused_ = true;
}

void MemberProcess::resume() {
  if (process_ && process_->signal(SIGCONT)) paused_ = false;
}

Result<void> MemberProcess::wipe() {
  check(!process_, "only a stopped member is wiped");
  return remove_all(real_disk(), data_dir());
}

bool MemberProcess::has_ended() {
  if (!process_) return true;
  const auto status = process_->wait();
  return status.has_value() && status->has_value();
}

std::optional<std::string> MemberProcess::unexpected_end() {
  if (!process_ || end_is_expected_ || !has_ended()) return std::nullopt;
  const ExitStatus status = **process_->wait();
  process_.reset();
  return format("member {} ended by itself: {}; its log ends with\n{}", place_.name, status.text(),
                last_log_lines());
}

std::string MemberProcess::last_log_lines() const {
  const auto text = read_file(real_disk(), log_path());
  if (!text) return text.error().text();
  const auto lines = split(trim(*text), '\n');
  std::string last;
  for (size_t i = lines.size() - std::min(lines.size(), kShownLogLines); i < lines.size(); ++i) {
    last += format("    {}\n", lines[i]);
  }
  return last;
}

}  // namespace argosy::faults
