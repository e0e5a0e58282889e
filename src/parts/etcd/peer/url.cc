#include "parts/etcd/peer/url.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::etcd::peer {

Result<Url> parse_url(std::string_view text) {
  const auto parts = cut(trim(text), "://");
  if (!parts) {
    return fail(Code::kInvalidArgument,
                format("URL scheme must be http, https, unix, or unixs: {}", text));
  }
  const auto& [scheme, rest] = *parts;
  Url url;
  url.text = trim(text);
  if (scheme == "unix" || scheme == "unixs") {
    url.endpoint.unix_path = rest;
    url.is_secure = scheme == "unixs";
    if (rest.empty()) return fail(Code::kInvalidArgument, format("URL has no path: {}", text));
    return url;
  }
  if (scheme != "http" && scheme != "https") {
    return fail(Code::kInvalidArgument,
                format("URL scheme must be http, https, unix, or unixs: {}", text));
  }
  url.is_secure = scheme == "https";
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    return fail(Code::kInvalidArgument, format("URL must not contain a path: {}", text));
  }
  auto endpoint = parse_host_port(rest);
  if (!endpoint) {
    return fail(Code::kInvalidArgument,
                format("URL address does not have the form \"host:port\": {}", text));
  }
  url.endpoint = *std::move(endpoint);
  return url;
}

}  // namespace argosy::etcd::peer
