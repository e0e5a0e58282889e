#include "tests/scenario/faults/run.h"

#include <cstdio>
#include <cstdlib>

#include "base/format.h"
#include "sys/file/disk.h"
#include "tests/scenario/faults/report.h"

namespace argosy::faults {
namespace {

constexpr size_t kPrefill = 6400;
constexpr Duration kCompactEvery = seconds(2);
constexpr int64_t kKeepRevisions = 1500;

void say(const std::string& text) {
  std::printf("%s\n", text.c_str());
  std::fflush(stdout);
}

class Run {
 public:
  Run(UvLoop& loop, const RunOptions& options, std::vector<Place> places, Namespaces* network)
      : loop_(loop),
        options_(options),
        network_(network),
        cluster_(loop, loop.network(), random_, options.process, std::move(places)),
        background_(loop) {}

  Task<void> whole() {
    co_await go();
    loop_.stop();
  }
  void broke_off(const std::string& why) {
    findings_.push_back(why);
    loop_.stop();
  }
  Outcome report();

 private:
  Task<void> go() {
    const auto ended = co_await with_deadline(loop_, loop_.now() + options_.limit, story());
    if (!ended) findings_.push_back("the run broke off: " + ended.error().text());
    background_.cancel();
  }

  Task<void> story() {
    co_await cluster_.start_all();
    background_.spawn(look_for_dead());
    if (!co_await cluster_.is_healthy_within(seconds(30))) {
      co_await failure(Code::kDeadlineExceeded, "the members do not come up");
    }
    say("the members are up");
    clients_ = cluster_.new_clients();
    watching_clients_ = cluster_.new_clients();
    for (size_t i = 0; i < cluster_.size(); ++i) {
      Client& client = *watching_clients_[i];
      const bool trusts = options_.trusts_progress;
      // Both ranges hold the last key, so that each sees its end.
      watchers_.push_back(std::make_unique<Watcher>(client, client.name() + " all", kFirstKey,
                                                    kPastLastKey, trusts));
      watchers_.push_back(
          std::make_unique<Watcher>(client, client.name() + " part", "r/", "r3", trusts));
    }
    workload_.emplace(loop_, clients_, options_.workload, record_);
    co_await workload_->prefill(kPrefill);
    workload_->start();
    background_.spawn(compact());
    nemesis_.emplace(cluster_, network_, options_.nemesis);
    background_.spawn(say_progress());
    co_await nemesis_->run();
    say("the faults are over");
    co_await nemesis_->heal();
    co_await sleep_for(loop_, seconds(1));
    co_await workload_->stop();
    agreement_ = co_await agree(cluster_, watchers_, record_);
  }

  Task<void> look_for_dead() {
    while (true) {
      co_await sleep_for(loop_, milliseconds(100));
      for (size_t i = 0; i < cluster_.size(); ++i) {
        if (auto end = cluster_.member(i).unexpected_end()) {
          broke_off(*std::move(end));
          co_return;
        }
      }
    }
  }

  // Never more than what every watcher has seen.
  Task<void> compact() {
    while (true) {
      co_await sleep_for(loop_, kCompactEvery);
      int64_t revision = workload_->newest_revision() - kKeepRevisions;
      for (const auto& watcher : watchers_) {
        revision = std::min(revision, watcher->next_revision() - 1);
      }
      if (revision <= 1) continue;
      etcdserverpb::CompactionRequest request;
      request.set_revision(revision);
      workload_->compacted(revision);
      co_await result(cluster_.client(compactions_++ % cluster_.size())
                          .call<etcdserverpb::CompactionResponse>(
                              "/etcdserverpb.KV/Compact", request.SerializeAsString(), seconds(2)));
    }
  }

  Task<void> say_progress() {
    while (true) {
      co_await sleep_for(loop_, seconds(10));
      say(format("{} kills, {} operations, revision {}", nemesis_->kills(), record_.history.size(),
                 workload_->newest_revision()));
    }
  }

  UvLoop& loop_;
  const RunOptions& options_;
  Namespaces* network_;
  Random& random_ = real_random();
  Record record_;
  Cluster cluster_;
  std::vector<std::unique_ptr<Client>> clients_;
  std::vector<std::unique_ptr<Client>> watching_clients_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  std::optional<Workload> workload_;
  std::optional<Nemesis> nemesis_;
  std::optional<Agreement> agreement_;
  uint64_t compactions_ = 0;
  std::vector<std::string> findings_;
  Scope background_;
};

Outcome Run::report() {
  for (size_t i = 0; i < cluster_.size(); ++i) cluster_.member(i).kill();
  if (nemesis_) {
    findings_.insert(findings_.end(), nemesis_->findings().begin(), nemesis_->findings().end());
  }
  if (agreement_) {
    findings_.insert(findings_.end(), agreement_->findings.begin(), agreement_->findings.end());
    const Judged judged = judge(record_, watchers_, *agreement_);
    findings_.insert(findings_.end(), judged.findings.begin(), judged.findings.end());
    say(format("judged in {} steps", judged.steps));
  }
  Summary summary;
  if (nemesis_) summary.faults = nemesis_->faults();
  if (nemesis_) summary.kills = nemesis_->kills();
  for (const auto& watcher : watchers_) summary.watch_streams += watcher->streams();
  for (size_t i = 0; i < cluster_.size(); ++i) {
    summary.logs.push_back(cluster_.member(i).log_path());
  }
  say(describe(summary, record_));
  for (const std::string& finding : findings_) say("FINDING: " + finding);
  say(findings_.empty() ? "PASSED" : format("FAILED with {} findings", findings_.size()));
  return findings_.empty() ? Outcome::kPassed : Outcome::kFailed;
}

Result<std::string> new_directory() {
  const char* base = std::getenv("TMPDIR");
  std::string path = join_path(base != nullptr ? base : "/tmp", "argosy-torture-XXXXXX");
  if (::mkdtemp(path.data()) == nullptr) return fail(system_error("mkdtemp " + path, errno));
  return path;
}

// The directory goes, however the run ends.
class Directory {
 public:
  Directory(std::string path, bool keep) : path_(std::move(path)), keep_(keep) {}
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    if (keep_) {
      say("kept " + path_);
    } else if (const auto removed = remove_all(real_disk(), path_); !removed) {
      say(removed.error().text());
    }
  }

 private:
  std::string path_;
  bool keep_;
};

}  // namespace

Outcome run(RunOptions options) {
  std::optional<Namespaces> network;
  if (options.in_namespaces) {
    auto made = Namespaces::make(options.members);
    if (!made) {
      say("SKIPPED: no network namespaces here: " + made.error().text());
      return Outcome::kSkipped;
    }
    network = *std::move(made);
  }
  auto places = network ? Result<std::vector<Place>>(places_in(*network, options.members))
                        : places_on_loopback(options.members);
  auto path = new_directory();
  if (!places || !path) {
    say("FAILED: " + (places ? path.error().text() : places.error().text()));
    return Outcome::kFailed;
  }
  const Directory directory(*path, options.keep);
  options.process.directory = *path;
  UvLoop loop;
  Run whole(loop, options, *std::move(places), network ? &*network : nullptr);
  for (const int number : {SIGTERM, SIGINT}) {
    loop.on_signal(number, [&, number] { whole.broke_off(format("signal {}", number)); });
  }
  Scope scope(loop);
  scope.spawn(whole.whole());
  loop.run();
  return whole.report();
}

}  // namespace argosy::faults
