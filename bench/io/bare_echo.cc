// The least that a gRPC echo can cost on nghttp2: one thread, epoll, one read, one
// session and one write for each time that a socket is ready; no timeouts, no limits, no
// flow control of its own, one method. bench_echo_bare PORT.
#include <arpa/inet.h>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <string>
#include <sys/epoll.h>
#include <unistd.h>

#include "echo_sizes.h"

namespace {

constexpr size_t kFrameHeader = 5;

struct Call {
  bool is_known = false;
  std::string request;
  std::string answer;
  size_t sent = 0;
};

struct Connection {
  int fd = -1;
  nghttp2_session* session = nullptr;
  std::string out;
  bool waits_to_write = false;

  ~Connection() {
    nghttp2_session_del(session);
    ::close(fd);
  }
};

nghttp2_nv field(std::string_view name, std::string_view value) {
  return {reinterpret_cast<uint8_t*>(const_cast<char*>(name.data())),
          reinterpret_cast<uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
          NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
}

Call* call_of(nghttp2_session* session, int32_t id) {
  return static_cast<Call*>(nghttp2_session_get_stream_user_data(session, id));
}

int on_begin_headers(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, new Call);
  return 0;
}

int on_header(nghttp2_session* session, const nghttp2_frame* frame, const uint8_t* name,
              size_t name_size, const uint8_t* value, size_t value_size, uint8_t, void*) {
  const std::string_view key(reinterpret_cast<const char*>(name), name_size);
  if (key == ":path") {
    call_of(session, frame->hd.stream_id)->is_known =
        std::string_view(reinterpret_cast<const char*>(value), value_size) == kEchoPath;
  }
  return 0;
}

int on_data(nghttp2_session* session, uint8_t, int32_t id, const uint8_t* bytes, size_t size,
            void*) {
  call_of(session, id)->request.append(reinterpret_cast<const char*>(bytes), size);
  return 0;
}

ssize_t read_answer(nghttp2_session* session, int32_t id, uint8_t* to, size_t size, uint32_t* flags,
                    nghttp2_data_source* source, void*) {
  Call& call = *static_cast<Call*>(source->ptr);
  const size_t count = std::min(size, call.answer.size() - call.sent);
  std::memcpy(to, call.answer.data() + call.sent, count);
  call.sent += count;
  if (call.sent == call.answer.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF | NGHTTP2_DATA_FLAG_NO_END_STREAM;
    const nghttp2_nv trailers[] = {field("grpc-status", "0"), field("grpc-message", "")};
    nghttp2_submit_trailer(session, id, trailers, 2);
  }
  return static_cast<ssize_t>(count);
}

void answer(nghttp2_session* session, int32_t id, Call& call) {
  if (!call.is_known || call.request.size() < kFrameHeader) std::abort();
  uint32_t size = 0;
  std::memcpy(&size, call.request.data() + 1, sizeof size);
  if (ntohl(size) != call.request.size() - kFrameHeader) std::abort();
  call.answer.assign(kFrameHeader + kAnswerSize, 'v');
  const uint32_t answer_size = htonl(kAnswerSize);
  call.answer[0] = 0;
  std::memcpy(call.answer.data() + 1, &answer_size, sizeof answer_size);
  call.answer.replace(kFrameHeader, call.request.size() - kFrameHeader, call.request, kFrameHeader);
  const nghttp2_nv headers[] = {field(":status", "200"), field("content-type", "application/grpc")};
  nghttp2_data_provider provider{{.ptr = &call}, read_answer};
  nghttp2_submit_response(session, id, headers, 2, &provider);
}

int on_frame(nghttp2_session* session, const nghttp2_frame* frame, void*) {
  if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
  Call* call = call_of(session, frame->hd.stream_id);
  if (call != nullptr) answer(session, frame->hd.stream_id, *call);
  return 0;
}

int on_close(nghttp2_session* session, int32_t id, uint32_t, void*) {
  delete call_of(session, id);
  return 0;
}

nghttp2_session* make_session() {
  static nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, on_close);
    return made;
  }();
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new(&session, callbacks, nullptr);
  const nghttp2_settings_entry settings[] = {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 1000}};
  nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 1);
  return session;
}

// False when the connection is over.
bool send_all(int poll, Connection& connection) {
  const uint8_t* bytes = nullptr;
  while (true) {
    const ssize_t size = nghttp2_session_mem_send(connection.session, &bytes);
    if (size < 0) return false;
    if (size == 0) break;
    connection.out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(size));
  }
  if (!connection.out.empty()) {
    const ssize_t sent =
        ::send(connection.fd, connection.out.data(), connection.out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    connection.out.erase(0, sent > 0 ? static_cast<size_t>(sent) : 0);
  }
  if (connection.out.empty() == connection.waits_to_write) {
    connection.waits_to_write = !connection.out.empty();
    epoll_event event{};
    event.events = EPOLLIN | (connection.waits_to_write ? static_cast<uint32_t>(EPOLLOUT) : 0U);
    event.data.ptr = &connection;
    ::epoll_ctl(poll, EPOLL_CTL_MOD, connection.fd, &event);
  }
  return true;
}

bool serve(int poll, Connection& connection) {
  static uint8_t buffer[64 * 1024];
  const ssize_t size = ::recv(connection.fd, buffer, sizeof buffer, MSG_DONTWAIT);
  if (size == 0 || (size < 0 && errno != EAGAIN)) return false;
  if (size > 0 &&
      nghttp2_session_mem_recv(connection.session, buffer, static_cast<size_t>(size)) < 0) {
    return false;
  }
  return send_all(poll, connection);
}

int listen_on(uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(fd, 1024) != 0) {
    std::exit(1);
  }
  return fd;
}

void accept_one(int poll, int listener) {
  const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  auto* connection = new Connection{fd, make_session(), {}};
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.ptr = connection;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const int listener = listen_on(static_cast<uint16_t>(std::atoi(arguments[1])));
  const int poll = ::epoll_create1(0);
  epoll_event first{};
  first.events = EPOLLIN;
  ::epoll_ctl(poll, EPOLL_CTL_ADD, listener, &first);
  epoll_event events[256];
  while (true) {
    const int ready = ::epoll_wait(poll, events, 256, -1);
    for (int i = 0; i < ready; ++i) {
      auto* connection = static_cast<Connection*>(events[i].data.ptr);
      if (connection == nullptr) {
        accept_one(poll, listener);
      } else if (!serve(poll, *connection)) {
        delete connection;
      }
    }
  }
}
