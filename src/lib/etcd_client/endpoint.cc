#include "lib/etcd_client/endpoint.h"

#include "base/format.h"
#include "base/text.h"

namespace argosy::etcd_client {
namespace {

bool has_port(std::string_view authority) {
  const size_t colon = authority.rfind(':');
  const size_t bracket = authority.rfind(']');
  if (colon == std::string_view::npos) return false;
  return bracket == std::string_view::npos || colon > bracket;
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  Url url;
  url.text = text;
  std::string_view rest = text;
  std::string_view scheme = "http";
  if (const auto sides = cut(text, "://")) {
    scheme = sides->first;
    rest = sides->second;
  }
  const bool is_unix = scheme == "unix" || scheme == "unixs";
  url.is_secure = scheme == "https" || scheme == "unixs";
  if (!is_unix && scheme != "http" && scheme != "https") {
    return fail(Code::kInvalidArgument, format("unsupported scheme in URL {}", go_quote(text)));
  }
  if (is_unix) {
    if (rest.empty()) return fail(Code::kInvalidArgument, format("no path in {}", go_quote(text)));
    url.endpoint.unix_path = rest;
    return url;
  }
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    url.path = rest.substr(slash);
    while (url.path.ends_with('/')) url.path.pop_back();
    rest = rest.substr(0, slash);
  }
  const std::string authority =
      has_port(rest) ? std::string(rest) : format("{}:{}", rest, url.is_secure ? 443 : 80);
  url.endpoint = TRY_CONTEXT(parse_host_port(authority), format("URL {}", go_quote(text)));
  if (url.endpoint.host.empty()) {
    return fail(Code::kInvalidArgument, format("no host in URL {}", go_quote(text)));
  }
  return url;
}

}  // namespace argosy::etcd_client
