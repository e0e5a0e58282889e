// A load generator for etcd's v3 API that costs little enough not to become the limit
// on a machine that it shares with the server: requests are prebuilt bytes on our own
// HTTP/2 sessions, one coroutine-free state machine a client.
//
//   etcd-load --endpoints 127.0.0.1:2379 --mode put --clients 256 --seconds 10
//
// Prints one JSON object: operations, seconds, percentiles in microseconds, its own CPU.
#include <algorithm>
#include <cstdio>
#include <sys/resource.h>

#include "base/format.h"
#include "base/protowire.h"
#include "base/text.h"
#include "io/grpc/framing.h"
#include "io/http/h2_session.h"
#include "io/loop/uv_loop.h"
#include "io/task/scope.h"
#include "lib/cli/flag_set.h"
#include "sys/random/random.h"

namespace argosy::bench {
namespace {

struct Options {
  std::vector<std::string> endpoints;
  std::string mode;
  uint64_t clients = 0;
  uint64_t connections = 0;
  uint64_t operations = 0;
  Duration duration{};
  uint64_t key_space = 0;
  uint64_t value_size = 0;
  uint64_t limit = 0;
  uint64_t watchers = 0;
  bool is_sequential = false;
};

constexpr size_t kKeySize = 8;

Bytes key_of(uint64_t number) {
  return to_hex16(number).substr(16 - kKeySize);
}

class Requests {
 public:
  explicit Requests(const Options& options) : options_(options), value_(options.value_size, 'v') {}

  std::string_view path() const {
    return is_put() ? "/etcdserverpb.KV/Put" : "/etcdserverpb.KV/Range";
  }
  bool is_put() const { return options_.mode == "put"; }

  Bytes next() {
    const uint64_t number =
        options_.is_sequential ? sequence_++ : random_.below(options_.key_space);
    Bytes message;
    protowire::Writer writer(message);
    writer.bytes(1, key_of(number));
    if (is_put()) {
      writer.bytes(2, value_);
    } else {
      if (options_.limit > 0) {
        writer.bytes(2, BytesView("\0", 1));
        writer.int64(3, static_cast<int64_t>(options_.limit));
      }
      if (options_.mode == "range-serializable") writer.boolean(7, true);
    }
    return message;
  }

 private:
  const Options& options_;
  Bytes value_;
  SeededRandom random_{7};
  uint64_t sequence_ = 0;
};

class Run;

// One connection and the clients on it.
class Connection {
 public:
  Connection(Run& run, std::unique_ptr<Stream> stream, std::string authority);
  void send_next();

 private:
  friend class Call;
  Run& run_;
  std::string authority_;
  std::vector<HeaderView> headers_;
  std::unique_ptr<H2Session> session_;
};

class Run {
 public:
  Run(UvLoop& loop, const Options& options) : loop_(loop), options_(options), requests_(options) {}

  Task<void> start() {
    for (uint64_t i = 0; i < options_.connections; ++i) {
      const std::string& text = options_.endpoints[i % options_.endpoints.size()];
      auto stream = co_await loop_.network().connect(co_await parse_host_port(text));
      connections_.push_back(std::make_unique<Connection>(*this, std::move(stream), text));
    }
    began_ = real_clock().now();
    for (uint64_t i = 0; i < options_.clients; ++i) {
      connections_[i % connections_.size()]->send_next();
    }
  }

  bool take_turn() {
    if (options_.operations > 0 && started_ >= options_.operations) return false;
    if (options_.operations == 0 && real_clock().now() - began_ >= options_.duration) return false;
    ++started_;
    return true;
  }

  void finished(MonotonicTime sent, bool ok) {
    const MonotonicTime now = real_clock().now();
    latencies_.push_back(static_cast<float>((now - sent).count()) / 1000.0F);
    if (!ok) ++errors_;
    ended_ = now;
  }
  void client_done() {
    if (++done_ == options_.clients) loop_.stop();
  }
  void broke(std::string why) {
    if (failure_.empty()) failure_ = std::move(why);
    loop_.stop();
  }

  Requests& requests() { return requests_; }
  Loop& loop() { return loop_; }
  const std::string& failure() const { return failure_; }

  std::string report() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto percentile = [&](double share) {
      if (latencies_.empty()) return 0.0;
      const auto at = static_cast<size_t>(share * static_cast<double>(latencies_.size() - 1));
      return static_cast<double>(latencies_[at]);
    };
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds_of = [](const timeval& value) {
      return static_cast<double>(value.tv_sec) + static_cast<double>(value.tv_usec) * 1e-6;
    };
    const double cpu = seconds_of(usage.ru_utime) + seconds_of(usage.ru_stime);
    const double took = std::chrono::duration<double>(ended_ - began_).count();
    return format(
        "{{\"operations\":{},\"errors\":{},\"seconds\":{:.4f},\"per_second\":{:.1f},"
        "\"p50_us\":{:.1f},\"p90_us\":{:.1f},\"p99_us\":{:.1f},\"max_us\":{:.1f},"
        "\"client_cpu_seconds\":{:.4f}}}",
        latencies_.size(), errors_, took, static_cast<double>(latencies_.size()) / took,
        percentile(0.5), percentile(0.9), percentile(0.99), percentile(1), cpu);
  }

 private:
  UvLoop& loop_;
  const Options& options_;
  Requests requests_;
  std::vector<std::unique_ptr<Connection>> connections_;
  std::vector<float> latencies_;
  MonotonicTime began_{};
  MonotonicTime ended_{};
  uint64_t started_ = 0;
  uint64_t done_ = 0;
  uint64_t errors_ = 0;
  std::string failure_;
};

class Call final : public H2Stream::Handler {
 public:
  Call(Connection& connection, MonotonicTime sent) : connection_(connection), sent_(sent) {}

  void attach(H2Stream* stream) { stream_ = stream; }
  void on_headers(Headers headers, bool last) override {
    if (last) is_ok_ = headers.value_of("grpc-status") == "0";
  }
  void on_data(BytesView bytes) override { stream_->consumed(bytes.size()); }
  void on_finished() override {}
  void on_close(uint32_t) override {
    connection_.run_.finished(sent_, is_ok_);
    connection_.send_next();
  }

 private:
  Connection& connection_;
  H2Stream* stream_ = nullptr;
  MonotonicTime sent_;
  bool is_ok_ = false;
};

H2Options client_options() {
  H2Options options;
  options.is_server = false;
  return options;
}

Connection::Connection(Run& run, std::unique_ptr<Stream> stream, std::string authority)
    : run_(run),
      authority_(std::move(authority)),
      headers_{{":method", "POST"},
               {":scheme", "http"},
               {":path", run.requests().path()},
               {":authority", authority_},
               {"content-type", "application/grpc"},
               {"te", "trailers"}},
      session_(std::make_unique<H2Session>(run.loop(), std::move(stream), client_options(), nullptr,
                                           [this](const std::optional<Error>& error) {
                                             run_.broke(error ? error->text()
                                                              : "the server closed the connection");
                                           })) {
  session_->start();
}

void Connection::send_next() {
  if (!run_.take_turn()) return run_.client_done();
  auto call = std::make_unique<Call>(*this, real_clock().now());
  Call* raw = call.get();
  H2Stream* stream = session_->open(headers_, false, std::move(call));
  if (stream == nullptr) return run_.broke("the server takes no more requests");
  raw->attach(stream);
  Bytes frame;
  grpc::append_message(frame, run_.requests().next());
  stream->send_data(frame);
  stream->finish();
}

Task<void> begin(Run& run) {
  const auto started = co_await result(run.start());
  if (!started) run.broke(started.error().text());
}

int run(const Options& options) {
  UvLoop loop;
  Run load(loop, options);
  Scope scope(loop);
  scope.spawn(begin(load));
  loop.run();
  if (!load.failure().empty()) {
    std::fprintf(stderr, "etcd-load: %s\n", load.failure().c_str());
    return 1;
  }
  std::printf("%s\n", load.report().c_str());
  return 0;
}

}  // namespace
}  // namespace argosy::bench

int main(int argc, char** argv) {
  using namespace argosy;
  bench::Options options;
  cli::FlagSet flags("etcd-load");
  flags.add("endpoints", options.endpoints, "127.0.0.1:2379", "Where the members listen.");
  flags.add("mode", options.mode, "put", "put, range or range-serializable.");
  flags.add("clients", options.clients, uint64_t{1}, "Requests under way at a time.");
  flags.add("conns", options.connections, uint64_t{0}, "Connections; 0 is up to 64.");
  flags.add("operations", options.operations, uint64_t{0}, "Stop after so many; 0 is by time.");
  flags.add("duration", options.duration, seconds(5), "How long, without --operations.");
  flags.add("key-space", options.key_space, uint64_t{100000}, "Distinct keys.");
  flags.add("value-size", options.value_size, uint64_t{256}, "Bytes of a value.");
  flags.add("limit", options.limit, uint64_t{0}, "Ranges: a page of so many from the key on.");
  flags.add("sequential", options.is_sequential, false, "Keys in order instead of at random.");
  const auto parsed = flags.parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed || !parsed->empty()) {
    std::fprintf(stderr, "%s\n%s", parsed ? "unexpected arguments" : parsed.error().text().c_str(),
                 flags.usage().c_str());
    return 2;
  }
  if (options.connections == 0) options.connections = std::min<uint64_t>(options.clients, 64);
  return bench::run(options);
}
