#include "io/net/stream.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy {

std::string Endpoint::text() const {
  if (is_unix()) return unix_path;
  if (host.find(':') != std::string::npos) return format("[{}]:{}", host, port);
  return format("{}:{}", host, port);
}

Result<Endpoint> parse_host_port(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return fail(Code::kInvalidArgument, format("address {}: missing port in address", text));
  }
  std::string_view host = text.substr(0, colon);
  const auto port = parse_uint(text.substr(colon + 1));
  if (!port || *port > 65535) {
    return fail(Code::kInvalidArgument, format("address {}: invalid port", text));
  }
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail(Code::kInvalidArgument, format("address {}: too many colons in address", text));
  }
  return Endpoint{std::string(host), static_cast<uint16_t>(*port), {}};
}

}  // namespace argosy
