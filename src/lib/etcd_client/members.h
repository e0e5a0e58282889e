// The cluster's endpoints with a gRPC channel each: which of them is asked, and the token
// that goes with each call. Private to this folder.
#pragma once

#include "io/grpc/channel.h"
#include "lib/etcd_client/client.h"
#include "lib/etcd_client/endpoint.h"

namespace argosy::etcd_client {

class Members {
 public:
  enum class Kind : uint8_t { kRead, kWrite };

  Members(Loop& loop, ClientOptions options) : loop_(loop), options_(std::move(options)) {}
  Result<void> prepare(Network& network, Random& random);

  Task<Bytes> call(std::string path, Bytes request, Kind kind);
  // A stream at the endpoint that is asked now; without a limit it may last for ever.
  Task<std::unique_ptr<grpc::ClientStream>> open(std::string path,
                                                 std::optional<Duration> limit = std::nullopt);
  Duration request_timeout() const { return options_.request_timeout; }
  // Something failed there: ask the next one from now on.
  void move_on() { current_ = (current_ + 1) % members_.size(); }
  // After an error that says so: forget the token, so that the next call asks for one.
  bool forget_token_after(const Error& error);
  Loop& loop() const { return loop_; }

 private:
  struct Member {
    Url url;
    std::unique_ptr<grpc::Channel> channel;
  };

  Task<Bytes> call_once(std::string path, Bytes request);
  Task<grpc::CallOptions> call_options();
  Task<void> authenticate();

  Loop& loop_;
  ClientOptions options_;
  std::unique_ptr<TlsContext> tls_;
  std::vector<Member> members_;
  size_t current_ = 0;
  std::optional<std::string> token_;  // empty: the server has no authentication
};

}  // namespace argosy::etcd_client
