// A client of one member.
#pragma once

#include <etcd/rpc.pb.h>

#include "io/grpc/channel.h"
#include "io/task/wait.h"

namespace argosy::faults {

class Client {
 public:
  Client(Loop& loop, Network& network, Random& random, std::string name, Endpoint endpoint);

  const std::string& name() const { return name_; }
  Loop& loop() const { return loop_; }

  template <typename Response>
  Task<Response> call(std::string method, Bytes request, Duration timeout) {
    grpc::CallOptions options;
    options.deadline = loop_.now() + timeout;
    const Bytes answer = co_await channel_.unary(std::move(method), std::move(request), options);
    Response response;
    if (!response.ParseFromString(answer)) {
      co_return fail(Code::kInternal, "the member's answer cannot be parsed");
    }
    co_return std::move(response);
  }
  Task<std::unique_ptr<grpc::ClientStream>> open(std::string method) {
    return channel_.open(std::move(method));
  }

 private:
  Loop& loop_;
  std::string name_;
  grpc::Channel channel_;
};

// The error says that the request had no effect and never will have; of other errors one
// can't know.
bool is_surely_undone(const Error& error);

Task<etcdserverpb::StatusResponse> status(Client& client, Duration timeout);

}  // namespace argosy::faults
