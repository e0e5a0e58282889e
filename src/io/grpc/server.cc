#include "io/grpc/server.h"

#include <nghttp2/nghttp2.h>

#include "base/format.h"
#include "io/grpc/call.h"

namespace argosy::grpc {

void Server::add_unary(std::string path, UnaryHandler handler) {
  auto method = std::make_unique<Method>();
  method->path = std::move(path);
  method->id = static_cast<uint32_t>(methods_.size());
  method->unary = std::move(handler);
  by_path_.emplace(method->path, method.get());
  methods_.push_back(std::move(method));
}

void Server::add_stream(std::string path, CallKind kind, StreamHandler handler) {
  auto method = std::make_unique<Method>();
  method->path = std::move(path);
  method->id = static_cast<uint32_t>(methods_.size());
  method->kind = kind;
  method->stream = std::move(handler);
  by_path_.emplace(method->path, method.get());
  methods_.push_back(std::move(method));
}

const Server::Method* Server::find(std::string_view path) const {
  const auto it = by_path_.find(path);
  return it == by_path_.end() ? nullptr : it->second;
}

// grpc-go's texts.
std::string Server::unknown_text(std::string_view path) const {
  const size_t slash = path.rfind('/');
  if (slash == std::string_view::npos || slash == 0) {
    return format("malformed method name: \"{}\"", path);
  }
  const std::string_view service = path.substr(1, slash - 1);
  for (const auto& method : methods_) {
    if (std::string_view(method->path).substr(0, slash + 1) == path.substr(0, slash + 1)) {
      return format("unknown method {} for service {}", path.substr(slash + 1), service);
    }
  }
  return format("unknown service {}", service);
}

bool Server::is_grpc(const H2Stream& stream) {
  return stream.fields().value_of("content-type").starts_with("application/grpc");
}

bool Server::is_grpc(const Headers& request) {
  return request.value_of("content-type").starts_with("application/grpc");
}

std::unique_ptr<H2Stream::Handler> Server::accept(H2Stream& stream) {
  return std::make_unique<Call>(*this, stream);
}

}  // namespace argosy::grpc
