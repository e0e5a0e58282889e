// Sockets on libuv. A handle of libuv lives until its close callback, so each stream
// keeps its handle in a heap object of its own that outlives it by one callback.
#include <uv.h>

#include "base/check.h"
#include "base/format.h"
#include "base/text.h"
#include "io/loop/impl.h"
#include "io/task/wait.h"

namespace argosy {

std::string uv_reason(int status) {
  switch (status) {
    case UV_ECONNREFUSED:
      return "connection refused";
    case UV_ECONNRESET:
      return "connection reset by peer";
    case UV_EPIPE:
      return "broken pipe";
    case UV_EADDRINUSE:
      return "address already in use";
    case UV_EADDRNOTAVAIL:
      return "cannot assign requested address";
    case UV_ETIMEDOUT:
      return "connection timed out";
    case UV_EHOSTUNREACH:
      return "no route to host";
    case UV_ENETUNREACH:
      return "network is unreachable";
    case UV_EACCES:
      return "permission denied";
    case UV_ENOENT:
      return "no such file or directory";
    case UV_EOF:
      return "EOF";
    case UV_EAI_NONAME:
      return "no such host";
    default:
      return uv_strerror(status);
  }
}

namespace {

std::string address_text(const sockaddr* address) {
  char name[INET6_ADDRSTRLEN] = "";
  if (address->sa_family == AF_INET6) {
    const auto* v6 = reinterpret_cast<const sockaddr_in6*>(address);
    uv_ip6_name(v6, name, sizeof name);
    return format("[{}]:{}", name, ntohs(v6->sin6_port));
  }
  const auto* v4 = reinterpret_cast<const sockaddr_in*>(address);
  uv_ip4_name(v4, name, sizeof name);
  return format("{}:{}", name, ntohs(v4->sin_port));
}

union Socket {
  uv_handle_t handle;
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe;
};

// Finds out about peers that vanished without a word.
constexpr unsigned kTcpKeepaliveSeconds = 30;

class UvStream;

// Lives from uv_*_init to the close callback; `owner` is null once the stream died.
struct SocketHolder {
  Socket socket{};
  UvStream* owner = nullptr;

  void close() {
    owner = nullptr;
    socket.handle.data = this;
    uv_close(&socket.handle,
             [](uv_handle_t* handle) { delete static_cast<SocketHolder*>(handle->data); });
  }
};

SocketHolder* make_socket(UvLoop::Impl& impl, bool is_unix) {
  auto* holder = new SocketHolder;
  check((is_unix ? uv_pipe_init(&impl.uv, &holder->socket.pipe, 0)
                 : uv_tcp_init(&impl.uv, &holder->socket.tcp)) == 0);
  holder->socket.handle.data = holder;
  return holder;
}

class UvStream final : public Stream {
 public:
  UvStream(UvLoop::Impl& impl, SocketHolder* holder, std::string peer)
      : impl_(impl), holder_(holder), peer_(std::move(peer)), flush_(*this) {
    holder_->owner = this;
    if (holder_->socket.handle.type != UV_TCP) return;
    uv_tcp_nodelay(&holder_->socket.tcp, 1);
    uv_tcp_keepalive(&holder_->socket.tcp, 1, kTcpKeepaliveSeconds);
  }
  ~UvStream() override {
    // Last words, such as TLS's alert, leave if the kernel takes them at once.
    if (!out_.empty() && in_flight_ == 0) {
      const uv_buf_t buffer = uv_buf_init(out_.data(), static_cast<unsigned>(out_.size()));
      uv_try_write(&holder_->socket.stream, &buffer, 1);
    }
    holder_->close();
  }

  void start(Reader& reader) override {
    reader_ = &reader;
    pause_reading(false);
  }

  void pause_reading(bool paused) override {
    if (paused == !reading_ || ended_) return;
    reading_ = !paused;
    if (paused) {
      uv_read_stop(&holder_->socket.stream);
    } else {
      uv_read_start(&holder_->socket.stream, allocate, on_read);
    }
  }

  void write(BytesView bytes) override {
    if (broken_ || finishing_) return;
    out_ += bytes;
    if (backlog() >= kStreamHighMark) was_backlogged_ = true;
    impl_.owner.at_turn_end(flush_);
  }
  size_t backlog() const override { return out_.size() + in_flight_; }

  void finish() override {
    finishing_ = true;
    impl_.owner.at_turn_end(flush_);
  }
  const std::string& peer_address() const override { return peer_; }

 private:
  class Flush final : public Runnable {
   public:
    explicit Flush(UvStream& stream) : stream_(stream) {}
    void run() override { stream_.flush(); }

   private:
    UvStream& stream_;
  };

  struct Write {
    uv_write_t request{};
    Bytes bytes;
    SocketHolder* holder = nullptr;
  };

  static void allocate(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
    auto* impl = static_cast<UvLoop::Impl*>(handle->loop->data);
    *buffer =
        uv_buf_init(impl->read_buffer.data(), static_cast<unsigned>(impl->read_buffer.size()));
  }

  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
    auto* self = static_cast<SocketHolder*>(stream->data)->owner;
    if (self == nullptr || count == 0) return;
    self->impl_.wake_up();
    if (count > 0) {
      self->reader_->on_bytes(BytesView(buffer->base, static_cast<size_t>(count)));
    } else {
      self->end(static_cast<int>(count));
    }
  }

  void end(int status) {
    if (status != UV_EOF) broken_ = true;
    if (std::exchange(ended_, true)) return;
    uv_read_stop(&holder_->socket.stream);
    if (reader_ == nullptr) return;
    if (status == UV_EOF) {
      reader_->on_end(std::nullopt);
    } else {
      reader_->on_end(Error(Code::kUnavailable, uv_reason(status)));
    }
  }

  void flush() {
    if (in_flight_ > 0) return;
    if (!out_.empty()) {
      uv_buf_t buffer = uv_buf_init(out_.data(), static_cast<unsigned>(out_.size()));
      const int sent = uv_try_write(&holder_->socket.stream, &buffer, 1);
      if (sent < 0 && sent != UV_EAGAIN) return fail_later(sent);
      if (sent == static_cast<int>(out_.size())) {
        out_.clear();
        if (out_.capacity() > kStreamHighMark) out_ = Bytes();
        tell_drained();
      } else {
        return send_rest(sent > 0 ? static_cast<size_t>(sent) : 0);
      }
    }
    if (finishing_ && !std::exchange(shut_, true)) shut_down();
  }

  void send_rest(size_t already_sent) {
    auto* write = new Write;
    write->bytes = std::exchange(out_, Bytes());
    write->holder = holder_;
    write->request.data = write;
    uv_buf_t buffer = uv_buf_init(write->bytes.data() + already_sent,
                                  static_cast<unsigned>(write->bytes.size() - already_sent));
    in_flight_ = buffer.len;
    const int status = uv_write(
        &write->request, &holder_->socket.stream, &buffer, 1, [](uv_write_t* request, int outcome) {
          const std::unique_ptr<Write> done(static_cast<Write*>(request->data));
          UvStream* owner = done->holder->owner;
          if (owner == nullptr) return;
          owner->impl_.wake_up();
          owner->on_sent(outcome);
        });
    if (status != 0) {
      delete write;
      fail_later(status);
    }
  }

  void on_sent(int status) {
    in_flight_ = 0;
    if (status != 0) {
      out_.clear();
      return end(status);
    }
    flush();
    tell_drained();
  }

  void tell_drained() {
    if (!was_backlogged_ || backlog() > kStreamHighMark / 2) return;
    was_backlogged_ = false;
    impl_.owner.schedule(drained_);
  }

  class Drained final : public Runnable {
   public:
    explicit Drained(UvStream& stream) : stream_(stream) {}
    void run() override {
      if (stream_.reader_ != nullptr && !stream_.broken_) stream_.reader_->on_drained();
    }

   private:
    UvStream& stream_;
  };

  void shut_down() {
    auto* request = new uv_shutdown_t;
    const int status = uv_shutdown(request, &holder_->socket.stream,
                                   [](uv_shutdown_t* done, int) { delete done; });
    if (status != 0) delete request;
  }

  // The reader hears of a broken stream from the loop, not from inside a turn's end.
  void fail_later(int status) {
    failed_status_ = status;
    in_flight_ = 0;
    out_.clear();
    broken_ = true;
    impl_.owner.schedule(fail_);
  }
  class Fail final : public Runnable {
   public:
    explicit Fail(UvStream& stream) : stream_(stream) {}
    void run() override { stream_.end(stream_.failed_status_); }

   private:
    UvStream& stream_;
  };

  UvLoop::Impl& impl_;
  SocketHolder* holder_;
  std::string peer_;
  Reader* reader_ = nullptr;
  Bytes out_;
  size_t in_flight_ = 0;
  int failed_status_ = 0;
  bool reading_ = false;
  bool ended_ = false;   // nothing more comes
  bool broken_ = false;  // nothing more can be sent either
  bool finishing_ = false;
  bool shut_ = false;
  bool was_backlogged_ = false;
  Drained drained_{*this};
  Flush flush_;
  Fail fail_{*this};
};

std::unique_ptr<Stream> accept_stream(UvLoop::Impl& impl, uv_stream_t* server) {
  const bool is_unix = server->type == UV_NAMED_PIPE;
  SocketHolder* holder = make_socket(impl, is_unix);
  if (uv_accept(server, &holder->socket.stream) != 0) {
    holder->close();
    return nullptr;
  }
  std::string peer = "@";
  if (!is_unix) {
    sockaddr_storage address{};
    int length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    if (uv_tcp_getpeername(&holder->socket.tcp, generic, &length) == 0) {
      peer = address_text(generic);
    }
  }
  return std::make_unique<UvStream>(impl, holder, std::move(peer));
}

class UvListener final : public Listener {
 public:
  UvListener(UvLoop::Impl& impl, SocketHolder* holder, Network::OnStream on_stream,
             std::string unix_path)
      : impl_(impl),
        holder_(holder),
        on_stream_(std::move(on_stream)),
        unix_path_(std::move(unix_path)) {}
  ~UvListener() override { holder_->close(); }

  int begin() {
    holder_->socket.handle.data = this;
    return uv_listen(&holder_->socket.stream, 1024, [](uv_stream_t* server, int status) {
      auto* self = static_cast<UvListener*>(server->data);
      if (status != 0) return;
      self->impl_.wake_up();
      self->accept();
    });
  }

  void pause_accepting(bool paused) override {
    paused_ = paused;
    if (!paused && std::exchange(has_waiting_, false)) accept();
  }

  uint16_t port() const override {
    if (!unix_path_.empty()) return 0;
    sockaddr_storage address{};
    int length = sizeof address;
    uv_tcp_getsockname(&holder_->socket.tcp, reinterpret_cast<sockaddr*>(&address), &length);
    return ntohs(address.ss_family == AF_INET6
                     ? reinterpret_cast<sockaddr_in6*>(&address)->sin6_port
                     : reinterpret_cast<sockaddr_in*>(&address)->sin_port);
  }

 private:
  // libuv looks for the next connection once this one has been taken.
  void accept() {
    if (paused_) {
      has_waiting_ = true;
      return;
    }
    if (auto stream = accept_stream(impl_, &holder_->socket.stream)) on_stream_(std::move(stream));
  }

  UvLoop::Impl& impl_;
  SocketHolder* holder_;
  Network::OnStream on_stream_;
  std::string unix_path_;
  bool paused_ = false;
  bool has_waiting_ = false;
};

using AddressList = std::vector<sockaddr_storage>;

class UvNetwork final : public Network {
 public:
  UvNetwork(UvLoop& loop, UvLoop::Impl& impl) : loop_(loop), impl_(impl) {}

  Result<std::unique_ptr<Listener>> listen(const Endpoint& endpoint, OnStream on_stream) override {
    const auto what = [&](const char* call, int status) {
      return Error(Code::kUnavailable,
                   format("listen {} {}: {}: {}", endpoint.is_unix() ? "unix" : "tcp",
                          endpoint.text(), call, uv_reason(status)));
    };
    SocketHolder* holder = make_socket(impl_, endpoint.is_unix());
    auto listener =
        std::make_unique<UvListener>(impl_, holder, std::move(on_stream), endpoint.unix_path);
    if (const int status = bind(*holder, endpoint); status != 0) {
      return fail(what("bind", status));
    }
    if (const int status = listener->begin(); status != 0) {
      return fail(what(status == UV_EADDRINUSE ? "bind" : "listen", status));
    }
    return listener;
  }

  Task<std::unique_ptr<Stream>> connect(Endpoint endpoint) override {
    if (endpoint.is_unix()) co_return co_await connect_unix(std::move(endpoint));
    const AddressList addresses = co_await resolve(endpoint);
    std::optional<Error> last;
    for (const sockaddr_storage& address : addresses) {
      auto stream = co_await result(connect_address(address));
      if (stream) co_return *std::move(stream);
      last = std::move(stream).error();
    }
    co_return fail(last ? *std::move(last)
                        : Error(Code::kUnavailable,
                                format("dial tcp: lookup {}: no such host", endpoint.host)));
  }

 private:
  int bind(SocketHolder& holder, const Endpoint& endpoint) {
    if (endpoint.is_unix()) return uv_pipe_bind(&holder.socket.pipe, endpoint.unix_path.c_str());
    sockaddr_storage address{};
    if (!numeric_address(endpoint, address)) {
      uv_getaddrinfo_t request;
      addrinfo hints{};
      hints.ai_socktype = SOCK_STREAM;
      const int status = uv_getaddrinfo(&impl_.uv, &request, nullptr, endpoint.host.c_str(),
                                        std::to_string(endpoint.port).c_str(), &hints);
      if (status != 0) return status;
      std::memcpy(&address, request.addrinfo->ai_addr, request.addrinfo->ai_addrlen);
      uv_freeaddrinfo(request.addrinfo);
    }
    const int status = uv_tcp_bind(&holder.socket.tcp, reinterpret_cast<sockaddr*>(&address), 0);
    // All addresses, on a host without IPv6.
    if (status != UV_EAFNOSUPPORT || !endpoint.host.empty()) return status;
    uv_ip4_addr("0.0.0.0", endpoint.port, reinterpret_cast<sockaddr_in*>(&address));
    return uv_tcp_bind(&holder.socket.tcp, reinterpret_cast<sockaddr*>(&address), 0);
  }

  static bool numeric_address(const Endpoint& endpoint, sockaddr_storage& address) {
    const std::string host = endpoint.host.empty() ? "::" : endpoint.host;
    return uv_ip4_addr(host.c_str(), endpoint.port, reinterpret_cast<sockaddr_in*>(&address)) ==
               0 ||
           uv_ip6_addr(host.c_str(), endpoint.port, reinterpret_cast<sockaddr_in6*>(&address)) == 0;
  }

  Task<AddressList> resolve(Endpoint endpoint) {
    sockaddr_storage address{};
    if (numeric_address(endpoint, address)) co_return AddressList{address};
    co_return co_await on_worker<AddressList>(
        loop_, [endpoint]() -> Result<AddressList> { return look_up(endpoint); });
  }

  static Result<AddressList> look_up(const Endpoint& endpoint) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int status =
        ::getaddrinfo(endpoint.host.c_str(), std::to_string(endpoint.port).c_str(), &hints, &found);
    if (status != 0) {
      return fail(Code::kUnavailable,
                  format("dial tcp: lookup {}: {}", endpoint.host,
                         status == EAI_NONAME ? "no such host" : gai_strerror(status)));
    }
    AddressList addresses;
    for (const addrinfo* it = found; it != nullptr; it = it->ai_next) {
      std::memcpy(&addresses.emplace_back(), it->ai_addr, it->ai_addrlen);
    }
    ::freeaddrinfo(found);
    return addresses;
  }

  struct ConnectGuard;
  struct Connecting {
    uv_connect_t request{};
    Eventual<int>* waiter = nullptr;
    ConnectGuard* guard = nullptr;
  };
  // Owns the request until libuv has it, and again when libuv is done with it. When the
  // waiter is dropped between, the socket closes and libuv reports it cancelled.
  struct ConnectGuard {
    Connecting* connecting;
    SocketHolder* holder;
    bool is_with_uv = false;
    ~ConnectGuard() {
      if (is_with_uv) {
        connecting->guard = nullptr;
      } else {
        delete connecting;
      }
      if (holder != nullptr) holder->close();
    }
  };
  static void on_connect(uv_connect_t* request, int status) {
    auto* done = static_cast<Connecting*>(request->data);
    if (done->guard == nullptr) {
      delete done;
      return;
    }
    static_cast<UvLoop::Impl*>(request->handle->loop->data)->wake_up();
    done->guard->is_with_uv = false;
    done->waiter->set(status);
  }

  Task<std::unique_ptr<Stream>> connect_address(sockaddr_storage address) {
    const auto* generic = reinterpret_cast<const sockaddr*>(&address);
    const std::string name = address_text(generic);
    Eventual<int> outcome(loop_);
    ConnectGuard guard{new Connecting, make_socket(impl_, false)};
    expect(guard, outcome);
    const int begun =
        uv_tcp_connect(&guard.connecting->request, &guard.holder->socket.tcp, generic, on_connect);
    guard.is_with_uv = begun == 0;
    if (begun != 0) {
      co_return fail(Code::kUnavailable, format("dial tcp {}: {}", name, uv_reason(begun)));
    }
    const int status = co_await co_await outcome.wait();
    if (status != 0) {
      co_return fail(Code::kUnavailable,
                     format("dial tcp {}: connect: {}", name, uv_reason(status)));
    }
    co_return std::make_unique<UvStream>(impl_, std::exchange(guard.holder, nullptr), name);
  }

  Task<std::unique_ptr<Stream>> connect_unix(Endpoint endpoint) {
    Eventual<int> outcome(loop_);
    ConnectGuard guard{new Connecting, make_socket(impl_, true)};
    expect(guard, outcome);
    guard.is_with_uv = true;  // an error comes by the callback too
    uv_pipe_connect(&guard.connecting->request, &guard.holder->socket.pipe,
                    endpoint.unix_path.c_str(), on_connect);
    const int status = co_await co_await outcome.wait();
    if (status != 0) {
      co_return fail(Code::kUnavailable,
                     format("dial unix {}: connect: {}", endpoint.unix_path, uv_reason(status)));
    }
    co_return std::make_unique<UvStream>(impl_, std::exchange(guard.holder, nullptr),
                                         endpoint.unix_path);
  }

  static void expect(ConnectGuard& guard, Eventual<int>& outcome) {
    guard.connecting->request.data = guard.connecting;
    guard.connecting->waiter = &outcome;
    guard.connecting->guard = &guard;
  }

  UvLoop& loop_;
  UvLoop::Impl& impl_;
};

}  // namespace

std::unique_ptr<Network> make_uv_network(UvLoop& loop, UvLoop::Impl& impl) {
  return std::make_unique<UvNetwork>(loop, impl);
}

}  // namespace argosy
