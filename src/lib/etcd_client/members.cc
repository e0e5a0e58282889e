#include "lib/etcd_client/members.h"

#include <algorithm>

#include "base/protowire.h"

namespace argosy::etcd_client {
namespace {

// No server has seen a call that fails with it.
bool was_never_sent(const Error& error) {
  return error.code() == Code::kUnavailable && error.message().starts_with("connection error:");
}

bool is_worth_another(const Error& error, Members::Kind kind) {
  if (was_never_sent(error)) return true;
  return kind == Members::Kind::kRead &&
         (error.code() == Code::kUnavailable || error.code() == Code::kDeadlineExceeded);
}

Bytes authenticate_request(const ClientOptions& options) {
  Bytes request;
  protowire::Writer out(request);
  out.bytes(1, options.username);
  out.bytes(2, options.password);
  return request;
}

Result<std::string> token_in(BytesView answer) {
  std::string token;
  protowire::Reader in(answer);
  while (in.next()) {
    if (in.field() == 2) token = in.bytes();
  }
  if (in.failed() || token.empty()) {
    return fail(Code::kDataLoss, "the answer to Authenticate cannot be read");
  }
  return token;
}

}  // namespace

Result<void> Members::prepare(Network& network, Random& random) {
  bool is_secure = false;
  for (const std::string& text : options_.endpoints) {
    Member member;
    member.url = TRY(parse_url(text));
    is_secure = is_secure || member.url.is_secure;
    members_.push_back(std::move(member));
  }
  if (members_.empty()) return fail(Code::kInvalidArgument, "no endpoints");
  if (is_secure) {
    TlsOptions tls;
    tls.cert_file = options_.cert_file;
    tls.key_file = options_.key_file;
    tls.ca_file = options_.ca_file;
    tls.alpn = {"h2"};
    tls_ = TRY(TlsContext::make(false, std::move(tls)));
  }
  for (Member& member : members_) {
    grpc::ChannelOptions options;
    options.targets = {{member.url.endpoint, ""}};
    options.tls = member.url.is_secure ? tls_.get() : nullptr;
    options.connect_timeout = options_.connect_timeout;
    options.backoff_first = milliseconds(100);
    options.backoff_last = seconds(3);
    options.ping_after_idle = seconds(10);
    options.ping_timeout = seconds(5);
    member.channel = std::make_unique<grpc::Channel>(loop_, network, random, std::move(options));
  }
  return {};
}

Task<void> Members::authenticate() {
  if (token_ || options_.username.empty()) co_return;
  grpc::CallOptions options;
  options.deadline = loop_.now() + options_.request_timeout;
  auto answer = co_await result(members_[current_].channel->unary(
      "/etcdserverpb.Auth/Authenticate", authenticate_request(options_), std::move(options)));
  if (answer) {
    token_ = co_await token_in(*answer);
    co_return;
  }
  const bool has_none = answer.error().code() == Code::kUnimplemented ||
                        answer.error().message() == "etcdserver: authentication is not enabled";
  if (!has_none) co_await failure(std::move(answer).error());
  token_ = "";
}

bool Members::forget_token_after(const Error& error) {
  const bool is_stale = error.code() == Code::kUnauthenticated ||
                        error.message() == "etcdserver: revision of auth store is old" ||
                        error.message() == "etcdserver: user name is empty";
  if (!is_stale || options_.username.empty() || !token_) return false;
  token_.reset();
  return true;
}

Task<grpc::CallOptions> Members::call_options() {
  co_await authenticate();
  grpc::CallOptions options;
  if (token_ && !token_->empty()) options.metadata.add("token", *token_);
  co_return std::move(options);
}

Task<Bytes> Members::call_once(std::string path, Bytes request) {
  grpc::CallOptions options = co_await call_options();
  options.deadline = loop_.now() + options_.request_timeout;
  co_return co_await members_[current_].channel->unary(std::move(path), std::move(request),
                                                       std::move(options));
}

Task<Bytes> Members::call(std::string path, Bytes request, Kind kind) {
  bool has_renewed = false;
  for (size_t left = members_.size();;) {
    auto answer = co_await result(call_once(path, request));
    if (answer) co_return *std::move(answer);
    if (!has_renewed && forget_token_after(answer.error())) {
      has_renewed = true;
      continue;
    }
    const Code code = answer.error().code();
    if (code == Code::kUnavailable || code == Code::kDeadlineExceeded) move_on();
    if (--left == 0 || !is_worth_another(answer.error(), kind)) {
      co_return fail(std::move(answer).error());
    }
  }
}

Task<std::unique_ptr<grpc::ClientStream>> Members::open(std::string path,
                                                        std::optional<Duration> limit) {
  grpc::CallOptions options = co_await call_options();
  if (limit) options.deadline = loop_.now() + *limit;
  co_return co_await members_[current_].channel->open(std::move(path), std::move(options));
}

}  // namespace argosy::etcd_client
