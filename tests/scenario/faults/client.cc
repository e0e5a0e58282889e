#include "tests/scenario/faults/client.h"

namespace argosy::faults {
namespace {

grpc::ChannelOptions channel_options(Endpoint endpoint) {
  grpc::ChannelOptions options;
  options.targets = {{std::move(endpoint), ""}};
  options.connect_timeout = seconds(1);
  options.backoff_first = milliseconds(10);
  options.backoff_last = milliseconds(100);
  // A connection into a network that was cut would else hang for minutes.
  options.ping_after_idle = seconds(1);
  options.ping_timeout = seconds(2);
  return options;
}

}  // namespace

Client::Client(Loop& loop, Network& network, Random& random, std::string name, Endpoint endpoint)
    : loop_(loop),
      name_(std::move(name)),
      channel_(loop, network, random, channel_options(std::move(endpoint))) {}

bool is_surely_undone(const Error& error) {
  switch (error.code()) {
    case Code::kInvalidArgument:
    case Code::kNotFound:
    case Code::kFailedPrecondition:
    case Code::kOutOfRange:
    case Code::kResourceExhausted:
      return true;
    case Code::kUnavailable:
      return error.message().starts_with("connection error: desc");
    default:
      return false;
  }
}

Task<etcdserverpb::StatusResponse> status(Client& client, Duration timeout) {
  return client.call<etcdserverpb::StatusResponse>("/etcdserverpb.Maintenance/Status", "", timeout);
}

}  // namespace argosy::faults
