// The same puts through Debian's grpc++ callback client: what a generator that is not
// ours sees of the same server.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <etcd/rpc.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <memory>
#include <mutex>
#include <random>
#include <sys/resource.h>
#include <vector>

namespace {

struct Shared {
  std::atomic<long> left;
  std::atomic<long> errors{0};
  std::mutex mutex;
  std::condition_variable done;
  int running = 0;
};

class Client {
 public:
  Client(Shared& shared, etcdserverpb::KV::Stub& stub, unsigned seed)
      : shared_(shared), stub_(stub), random_(seed) {
    request_.set_value(std::string(256, 'v'));
  }

  void next() {
    if (shared_.left.fetch_sub(1) <= 0) {
      const std::lock_guard lock(shared_.mutex);
      if (--shared_.running == 0) shared_.done.notify_all();
      return;
    }
    char key[9];
    std::snprintf(key, sizeof key, "%08x", static_cast<unsigned>(random_() % 100000));
    request_.set_key(key);
    context_ = std::make_unique<grpc::ClientContext>();
    stub_.async()->Put(context_.get(), &request_, &response_, [this](grpc::Status status) {
      if (!status.ok()) ++shared_.errors;
      next();
    });
  }

 private:
  Shared& shared_;
  etcdserverpb::KV::Stub& stub_;
  std::minstd_rand random_;
  std::unique_ptr<grpc::ClientContext> context_;
  etcdserverpb::PutRequest request_;
  etcdserverpb::PutResponse response_;
};

}  // namespace

// etcd-load-grpcpp ENDPOINT CLIENTS OPERATIONS
int main(int argc, char** argv) {
  if (argc != 4) {
    std::fprintf(stderr, "usage: etcd-load-grpcpp ENDPOINT CLIENTS OPERATIONS\n");
    return 2;
  }
  const int clients = std::atoi(argv[2]);
  const long operations = std::atol(argv[3]);
  const int connections = clients < 64 ? clients : 64;
  std::vector<std::unique_ptr<etcdserverpb::KV::Stub>> stubs;
  for (int i = 0; i < connections; ++i) {
    grpc::ChannelArguments arguments;
    arguments.SetInt("argosy.connection", i);  // else they would share one
    stubs.push_back(etcdserverpb::KV::NewStub(
        grpc::CreateCustomChannel(argv[1], grpc::InsecureChannelCredentials(), arguments)));
  }
  Shared shared;
  shared.left = operations;
  shared.running = clients;
  std::vector<std::unique_ptr<Client>> all;
  for (int i = 0; i < clients; ++i) {
    all.push_back(std::make_unique<Client>(shared, *stubs[static_cast<size_t>(i % connections)],
                                           static_cast<unsigned>(i + 1)));
  }
  const auto began = std::chrono::steady_clock::now();
  for (auto& client : all) client->next();
  {
    std::unique_lock lock(shared.mutex);
    shared.done.wait(lock, [&] { return shared.running == 0; });
  }
  const double took =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
  std::printf(
      "{\"operations\":%ld,\"errors\":%ld,\"seconds\":%.4f,\"per_second\":%.1f,"
      "\"client_cpu_seconds\":%.4f}\n",
      operations, shared.errors.load(), took, static_cast<double>(operations) / took, cpu);
  return 0;
}
