#include "io/grpc/channel.h"

#include "base/format.h"
#include "io/grpc/client_call.h"
#include "io/tls/tls.h"

namespace argosy::grpc {

// One endpoint's connection: idle, coming up, up, or waiting after a failure.
class Channel::Connection {
 public:
  Connection(Channel& channel, ChannelTarget target)
      : channel_(channel), target_(std::move(target)) {
    authority_ = target_.server_name;
    if (target_.server_name.empty()) target_.server_name = target_.endpoint.host;
  }

  bool is_up() const { return session_ && session_->takes_requests(); }
  bool is_coming() const { return connecting_; }
  const std::optional<Error>& last_error() const { return last_error_; }
  H2Session& session() { return *session_; }
  bool is_secure() const { return channel_.options_.tls != nullptr; }
  std::string authority() const {
    if (!authority_.empty()) return authority_;
    return target_.endpoint.is_unix() ? "localhost" : target_.endpoint.text();
  }

  void connect() {
    if (connecting_ || is_up() || channel_.loop_.now() < not_before_) return;
    connecting_ = true;
    channel_.scope_.spawn(come_up());
  }

 private:
  Task<std::unique_ptr<Stream>> dial() {
    auto stream = co_await channel_.network_.connect(target_.endpoint);
    if (channel_.options_.tls == nullptr) co_return std::move(stream);
    co_return co_await channel_.options_.tls->handshake(channel_.loop_, std::move(stream),
                                                        target_.server_name);
  }

  Task<void> come_up() {
    Loop& loop = channel_.loop_;
    auto stream =
        co_await with_deadline(loop, loop.now() + channel_.options_.connect_timeout, dial());
    connecting_ = false;
    if (stream) {
      last_error_.reset();
      backoff_ = Duration(0);
      start_session(*std::move(stream));
    } else {
      back_off(std::move(stream).error());
    }
    channel_.changed_.notify_all();
  }

  void start_session(std::unique_ptr<Stream> stream) {
    H2Options options;
    options.is_server = false;
    options.stream_window = 4 << 20;
    options.ping_after_idle = channel_.options_.ping_after_idle;
    options.ping_timeout = channel_.options_.ping_timeout;
    // One that is going away has calls that still run.
    if (session_ && !session_->is_closed()) channel_.leaving_.push_back(std::move(session_));
    session_ =
        std::make_unique<H2Session>(channel_.loop_, std::move(stream), options, nullptr,
                                    [this](const std::optional<Error>& error) { on_lost(error); });
    session_->start();
  }

  void on_lost(const std::optional<Error>& error) {
    if (error) last_error_ = *error;
    channel_.changed_.notify_all();
    channel_.loop_.schedule(channel_.bury_);
  }

  void back_off(Error error) {
    const ChannelOptions& options = channel_.options_;
    backoff_ = backoff_ == Duration(0) ? options.backoff_first
                                       : std::min(options.backoff_last, backoff_ * 8 / 5);
    const auto spread = static_cast<uint64_t>(backoff_.count() / 5 * 2 + 1);
    const auto jitter = static_cast<int64_t>(channel_.random_.below(spread));
    not_before_ = channel_.loop_.now() + backoff_ * 4 / 5 + Duration(jitter);
    last_error_ = std::move(error);
  }

  Channel& channel_;
  ChannelTarget target_;
  std::string authority_;
  std::unique_ptr<H2Session> session_;
  bool connecting_ = false;
  Duration backoff_{0};
  MonotonicTime not_before_{};
  std::optional<Error> last_error_;
};

Channel::Channel(Loop& loop, Network& network, Random& random, ChannelOptions options)
    : loop_(loop),
      network_(network),
      random_(random),
      options_(std::move(options)),
      changed_(loop),
      scope_(loop) {
  for (const ChannelTarget& target : options_.targets) {
    connections_.push_back(std::make_unique<Connection>(*this, target));
  }
}

Channel::~Channel() = default;

Task<Channel::Connection*> Channel::pick() {
  if (connections_.empty()) co_return fail(Code::kUnavailable, "no endpoints");
  while (true) {
    const Error* last = nullptr;
    bool coming = false;
    for (auto& connection : connections_) {
      connection->connect();
      coming = coming || connection->is_coming();
      if (connection->last_error()) last = &*connection->last_error();
    }
    if (Connection* next = next_that_is_up()) co_return next;
    if (!coming) {
      co_return fail(Code::kUnavailable,
                     format("connection error: desc = \"transport: Error while dialing {}\"",
                            last != nullptr ? last->message() : "no connection"));
    }
    co_await changed_.wait();
  }
}

Channel::Connection* Channel::next_that_is_up() {
  for (size_t i = 0; i < connections_.size(); ++i) {
    Connection* candidate = connections_[next_++ % connections_.size()].get();
    if (candidate->is_up()) return candidate;
  }
  return nullptr;
}

void Channel::bury() {
  std::erase_if(leaving_, [](const auto& session) { return session->is_closed(); });
}

Task<std::unique_ptr<ClientStream>> Channel::open(std::string path, CallOptions options) {
  Connection* connection = co_await pick();
  auto call = std::make_unique<ClientCall>(loop_, options_.max_receive);
  co_await call->start(connection->session(), path, connection->authority(),
                       connection->is_secure(), options);
  co_return std::move(call);
}

namespace {

Task<Bytes> call_once(ClientStream& stream, BytesView request) {
  stream.write(request);
  stream.finish_writing();
  std::optional<Bytes> answer = co_await stream.read();
  if (!answer) co_return fail(Code::kInternal, "the server sent no message");
  const std::optional<Bytes> more = co_await stream.read();
  if (more) co_return fail(Code::kInternal, "the server sent more than one message");
  co_return *std::move(answer);
}

}  // namespace

Task<Bytes> Channel::call(std::string path, Bytes request, CallOptions options) {
  for (size_t tries = connections_.size();; --tries) {
    auto stream = co_await open(path, options);
    auto answer = co_await result(call_once(*stream, request));
    if (answer) co_return *std::move(answer);
    const bool again = static_cast<ClientCall&>(*stream).was_refused() && tries > 0;
    if (!again) co_return fail(std::move(answer).error());
  }
}

Task<Bytes> Channel::unary(std::string path, Bytes request, CallOptions options) {
  const auto deadline = options.deadline;
  if (!deadline) {
    co_return co_await call(std::move(path), std::move(request), std::move(options));
  }
  co_return co_await co_await with_deadline(
      loop_, *deadline, call(std::move(path), std::move(request), std::move(options)));
}

}  // namespace argosy::grpc
