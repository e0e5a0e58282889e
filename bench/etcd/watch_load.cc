// Watch fan-out: S streams with W watchers each on one key, then puts; how many events
// a second arrive.
//
//   etcd-watch-load --endpoint 127.0.0.1:2379 --streams 10 --watchers 100 --puts 200
#include <cstdio>
#include <sys/resource.h>

#include "base/format.h"
#include "base/protowire.h"
#include "io/grpc/channel.h"
#include "io/loop/uv_loop.h"
#include "lib/cli/flag_set.h"
#include "sys/random/random.h"

namespace argosy::bench {
namespace {

struct Options {
  std::string endpoint;
  uint64_t streams = 0;
  uint64_t watchers = 0;
  uint64_t puts = 0;
  uint64_t value_size = 0;
};

constexpr BytesView kKey = "watched!";

Bytes create_request() {
  Bytes create;
  protowire::Writer(create).bytes(1, kKey);
  Bytes request;
  protowire::Writer(request).bytes(1, create);
  return request;
}

Bytes put_request(uint64_t size) {
  Bytes request;
  protowire::Writer writer(request);
  writer.bytes(1, kKey);
  writer.bytes(2, Bytes(size, 'v'));
  return request;
}

class Run {
 public:
  Run(UvLoop& loop, const Options& options) : loop_(loop), options_(options), scope_(loop) {}

  Task<void> start() {
    const Endpoint endpoint = co_await parse_host_port(options_.endpoint);
    for (uint64_t i = 0; i < options_.streams; ++i) {
      grpc::ChannelOptions channel;
      channel.targets = {{endpoint, ""}};
      channels_.push_back(
          std::make_unique<grpc::Channel>(loop_, loop_.network(), real_random(), channel));
      scope_.spawn(watch(*channels_.back()));
    }
    while (created_ < options_.streams * options_.watchers) {
      co_await sleep_for(loop_, milliseconds(5));
    }
    began_ = real_clock().now();
    // A few puts under way keep the server busy without making it queue.
    for (int i = 0; i < 4; ++i) scope_.spawn(put(*channels_[0]));
    const uint64_t wanted = options_.puts * options_.streams * options_.watchers;
    const MonotonicTime limit = real_clock().now() + minutes(2);
    while (events_ < wanted && real_clock().now() < limit) {
      co_await sleep_for(loop_, milliseconds(1));
    }
    report(wanted);
    loop_.stop();
  }

 private:
  Task<void> watch(grpc::Channel& channel) {
    auto stream = co_await channel.open("/etcdserverpb.Watch/Watch");
    const Bytes request = create_request();
    for (uint64_t i = 0; i < options_.watchers; ++i) stream->write(request);
    while (std::optional<Bytes> message = co_await stream->read()) {
      protowire::Reader in(*message);
      while (in.next()) {
        if (in.field() == 3) ++created_;
        if (in.field() == 11) {
          ++events_;
          ended_ = real_clock().now();
        }
      }
    }
  }

  Task<void> put(grpc::Channel& channel) {
    while (put_ < options_.puts) {
      ++put_;
      co_await channel.unary("/etcdserverpb.KV/Put", put_request(options_.value_size));
    }
  }

  void report(uint64_t wanted) {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                       static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    const double took = std::chrono::duration<double>(ended_ - began_).count();
    std::printf(
        "{\"operations\":%llu,\"errors\":%llu,\"seconds\":%.4f,\"per_second\":%.1f,"
        "\"client_cpu_seconds\":%.4f}\n",
        static_cast<unsigned long long>(events_), static_cast<unsigned long long>(wanted - events_),
        took, static_cast<double>(events_) / took, cpu);
  }

  UvLoop& loop_;
  const Options& options_;
  std::vector<std::unique_ptr<grpc::Channel>> channels_;
  uint64_t created_ = 0;
  uint64_t events_ = 0;
  uint64_t put_ = 0;
  MonotonicTime began_{};
  MonotonicTime ended_{};
  Scope scope_;
};

}  // namespace
}  // namespace argosy::bench

int main(int argc, char** argv) {
  using namespace argosy;
  bench::Options options;
  cli::FlagSet flags("etcd-watch-load");
  flags.add("endpoint", options.endpoint, "127.0.0.1:2379", "Where the member listens.");
  flags.add("streams", options.streams, uint64_t{10}, "Connections with a watch stream each.");
  flags.add("watchers", options.watchers, uint64_t{100}, "Watchers on a stream.");
  flags.add("puts", options.puts, uint64_t{200}, "Changes of the key.");
  flags.add("value-size", options.value_size, uint64_t{256}, "Bytes of the value.");
  const auto parsed = flags.parse(std::vector<std::string>(argv + 1, argv + argc));
  if (!parsed) {
    std::fprintf(stderr, "%s\n%s", parsed.error().text().c_str(), flags.usage().c_str());
    return 2;
  }
  UvLoop loop;
  bench::Run run(loop, options);
  Scope scope(loop);
  scope.spawn(run.start());
  loop.run();
  return 0;
}
